// Owns: what pictures are drawn with, and the loads that they show.
#pragma once

#include <array>
#include <string>

#include "harness/pages/pages.h"

namespace portcullis::pages {

// The ways of loading that pictures compare: of a checkpoint saved from cuda:0, on 2xh200.
struct Way {
  const char* id;
  const char* code;
};
inline constexpr std::array kWays{
    Way{"matrix/state-dict-cuda0/2xh200/python/as-saved-then-to=cpu",
        "torch.load(f), then .to('cpu')"},
    Way{"matrix/state-dict-cuda0/2xh200/python/map-location=cpu",
        "torch.load(f, map_location='cpu')"},
    Way{"c4-another-gpu/state-dict-cuda0/2xh200/python/as-saved-then-to=cuda:1",
        "torch.load(f), then .to('cuda:1')"},
    Way{"c4-another-gpu/state-dict-cuda0/2xh200/python/map-location=cuda:1",
        "torch.load(f, map_location='cuda:1')"}};

// The newest result of a case. Throws UsageError if there is none.
const verdict::Result& CaseOf(const Reference& reference, const std::string& id);
// The newest whose course is kept, or the newest.
const verdict::Result& CaseWithCourse(const Reference& reference, const std::string& id);

// A picture whose colours follow the reader's theme, in a page or as a file of its own: classes
// ink, quiet, box; load and move for lines, load-fill and move-fill for areas.
std::string Svg(int width, int height, const std::string& title, const std::string& body);
std::string Label(double x, double y, const std::string& text, const char* style = "ink",
                  const char* anchor = "middle");

// Memory in use on each GPU, call by call.
std::string MemoryPicture(const Reference& reference);

}  // namespace portcullis::pages
