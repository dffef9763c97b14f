// Pictures drawn from counts.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/pages/names.h"
#include "harness/pages/pages.h"
#include "harness/report/page.h"
#include "src/base/error.h"
#include "src/base/size.h"

namespace portcullis::pages {
namespace {

using report::Escaped;
using verdict::Result;

constexpr std::size_t kLoad = 1, kMove = 2;  // phases of a flight record

const Result& CaseOf(const Reference& reference, const std::string& id) {
  for (const Result* result : reference.InEveryVersion(id)) {
    if (result != nullptr) return *result;
  }
  throw UsageError(fmt::format("no kept result of {}, which a picture shows", id));
}

// Colours that follow the reader's theme, in a page or as a file of its own.
constexpr const char* kStyle =
    "<style>.ink{fill:#1b2127}.quiet{fill:#525c66}.box{fill:#f5f7f9;stroke:#8a96a3}"
    ".load{stroke:#0b57c4}.move{stroke:#b45309}.load-fill{fill:#0b57c4}.move-fill{fill:#b45309}"
    "@media (prefers-color-scheme:dark){.ink{fill:#e5e9ee}.quiet{fill:#a3aeb9}"
    ".box{fill:#1a2128;stroke:#6b7885}.load{stroke:#8fbcff}.move{stroke:#fbbf60}"
    ".load-fill{fill:#8fbcff}.move-fill{fill:#fbbf60}}</style>";

std::string Svg(int width, int height, const std::string& title, const std::string& body) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
      "aria-label=\"{2}\" font-family=\"system-ui, sans-serif\" font-size=\"13\"><title>{2}</title>"
      "{3}{4}</svg>\n",
      width, height, Escaped(title), kStyle, body);
}

std::string Label(double x, double y, const std::string& text, const char* style = "ink",
                  const char* anchor = "middle") {
  return fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"{}\" text-anchor=\"{}\">{}</text>", x,
                     y, style, anchor, Escaped(text));
}

// Transfers: a lane for each way of loading; host memory, cuda:0 and cuda:1 side by side, and an
// arrow for each direction in which bytes were copied.
constexpr std::array kPlaces{"host memory", "cuda:0", "cuda:1"};
constexpr int kLaneHeight = 128, kPlaceWidth = 130, kPlaceGap = 150, kLeft = 20;

double PlaceX(std::size_t place) {
  return kLeft + static_cast<double>(place) * (kPlaceWidth + kPlaceGap);
}

std::string Arrow(std::size_t from, std::size_t to, std::uint64_t bytes, const char* phase,
                  double y) {
  const bool right = to > from;
  const double start = PlaceX(from) + (right ? kPlaceWidth : 0);
  const double end = PlaceX(to) + (right ? 0 : kPlaceWidth);
  const double tip = right ? -9 : 9;
  return fmt::format(
             "<path d=\"M{0:.0f} {1:.0f}H{2:.0f}\" class=\"{3}\" stroke-width=\"3\"/><path "
             "d=\"M{4:.0f} {1:.0f}l{5:.0f} -6v12z\" class=\"{3}-fill\"/>",
             start, y, end + tip, phase, end, tip) +
         Label((start + end) / 2, y - 7, SizeText(bytes));
}

std::string Lane(const Result& result, const std::string& code, double top) {
  std::string svg = Label(kLeft, top + 16, code, "ink", "start");
  for (std::size_t place = 0; place < kPlaces.size(); ++place) {
    svg += fmt::format(
        "<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"{}\" height=\"68\" rx=\"8\" "
        "class=\"box\"/>",
        PlaceX(place), top + 30, kPlaceWidth);
    svg += Label(PlaceX(place) + kPlaceWidth / 2.0, top + 68, kPlaces.at(place));
  }
  const auto& devices = result.observation.flight.devices;
  std::uint64_t all = 0;
  for (std::size_t device = 0; device < std::min<std::size_t>(devices.size(), 2); ++device) {
    for (const auto& [phase, style] : {std::pair{kLoad, "load"}, std::pair{kMove, "move"}}) {
      const auto& counts = devices[device].at(phase);
      const double y = top + (phase == kLoad ? 52 : 86);
      all +=
          counts.host_to_device_bytes + counts.device_to_host_bytes + counts.device_to_device_bytes;
      if (counts.host_to_device_bytes > 0) {
        svg += Arrow(0, device + 1, counts.host_to_device_bytes, style, y);
      }
      if (counts.device_to_host_bytes > 0) {
        svg += Arrow(device + 1, 0, counts.device_to_host_bytes, style, y);
      }
      if (counts.device_to_device_bytes > 0)
        svg += Arrow(1, 2, counts.device_to_device_bytes, style, y);
    }
  }
  return svg + Label(PlaceX(2) + kPlaceWidth, top + 16,
                     all == 0 ? "nothing copied to or from a GPU" : SizeText(all) + " in all",
                     "quiet", "end");
}

std::string Transfers(const Reference& reference) {
  struct Row {
    const char* id;
    const char* code;
  };
  constexpr std::array kRows{
      Row{"matrix/state-dict-cuda0/2xh200/python/as-saved-then-to=cpu",
          "torch.load(f), then .to('cpu')"},
      Row{"matrix/state-dict-cuda0/2xh200/python/map-location=cpu",
          "torch.load(f, map_location='cpu')"},
      Row{"c4-another-gpu/state-dict-cuda0/2xh200/python/as-saved-then-to=cuda:1",
          "torch.load(f), then .to('cuda:1')"},
      Row{"c4-another-gpu/state-dict-cuda0/2xh200/python/map-location=cuda:1",
          "torch.load(f, map_location='cuda:1')"}};
  std::string svg;
  double top = 0;
  for (const Row& row : kRows) {
    svg += Lane(CaseOf(reference, row.id), row.code, top);
    top += kLaneHeight;
  }
  svg += fmt::format(
      "<path d=\"M{0} {1:.0f}h30\" class=\"load\" stroke-width=\"3\"/>{2}<path d=\"M{3} "
      "{1:.0f}h30\" class=\"move\" stroke-width=\"3\"/>{4}",
      kLeft, top + 12, Label(kLeft + 38, top + 16, "in the load", "quiet", "start"), kLeft + 150,
      Label(kLeft + 188, top + 16, "in the move", "quiet", "start"));
  return Svg(740, static_cast<int>(top) + 28,
             "Bytes copied by ways of loading a checkpoint that was saved from cuda:0", svg);
}

// Peak memory: for each way of loading and GPU, a bar for the load and one for the move.
std::string Bars(const Result& result, const std::string& code, double top, double most) {
  constexpr double kBars = 300, kWidth = 340;
  std::string svg = Label(kLeft, top + 16, code, "ink", "start");
  const auto& devices = result.observation.flight.devices;
  double y = top + 26;
  for (std::size_t device = 0; device < std::min<std::size_t>(devices.size(), 2); ++device) {
    svg += Label(kBars - 12, y + 16, fmt::format("cuda:{}", device), "quiet", "end");
    for (const auto& [phase, style] : {std::pair{kLoad, "load"}, std::pair{kMove, "move"}}) {
      const auto bytes = devices[device].at(phase).peak_bytes;
      const double width = most == 0 ? 0 : static_cast<double>(bytes) / most * kWidth;
      if (bytes > 0) {
        svg += fmt::format(
            "<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"{:.1f}\" height=\"9\" "
            "class=\"{}-fill\"/>",
            kBars, y + (phase == kLoad ? 2 : 12), width, style);
      }
      svg += Label(kBars + width + 6, y + (phase == kLoad ? 10 : 21), SizeText(bytes), "quiet",
                   "start");
    }
    y += 28;
  }
  return svg;
}

std::string Peak(const Reference& reference) {
  struct Row {
    const char* strategy;
    const char* code;
  };
  constexpr std::array kRows{Row{"as-saved-then-to=cpu", "torch.load(f), then .to('cpu')"},
                             Row{"as-saved-then-to=cuda:1", "torch.load(f), then .to('cuda:1')"},
                             Row{"map-location=cuda:1", "map_location='cuda:1'"},
                             Row{"map-location=cpu", "map_location='cpu'"}};
  std::vector<const Result*> results;
  std::uint64_t most = 0;
  for (const Row& row : kRows) {
    const std::string scenario =
        std::string_view(row.strategy).ends_with("cuda:1") ? "c4-another-gpu" : "matrix";
    results.push_back(
        &CaseOf(reference, scenario + "/state-dict-cuda0/2xh200/python/" + row.strategy));
    for (const auto& phases : results.back()->observation.flight.devices) {
      most = std::max({most, phases.at(kLoad).peak_bytes, phases.at(kMove).peak_bytes});
    }
  }
  std::string svg;
  double top = 0;
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    svg += Bars(*results[i], kRows.at(i).code, top, static_cast<double>(most));
    top += 92;
  }
  svg += fmt::format(
      "<rect x=\"{0}\" y=\"{1:.0f}\" width=\"24\" height=\"9\" class=\"load-fill\"/>{2}"
      "<rect x=\"{3}\" y=\"{1:.0f}\" width=\"24\" height=\"9\" class=\"move-fill\"/>{4}",
      kLeft, top + 6, Label(kLeft + 32, top + 15, "during the load", "quiet", "start"), kLeft + 170,
      Label(kLeft + 202, top + 15, "during the move", "quiet", "start"));
  return Svg(
      740, static_cast<int>(top) + 26,
      "Most memory in use on each GPU while a checkpoint saved from cuda:0 is loaded and moved",
      svg);
}

}  // namespace

std::vector<Picture> Pictures(const Reference& reference) {
  return {{"transfers.svg", Transfers(reference)}, {"peak.svg", Peak(reference)}};
}

}  // namespace portcullis::pages
