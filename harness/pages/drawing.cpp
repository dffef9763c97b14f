#include "harness/pages/drawing.h"

#include <fmt/format.h>

#include "harness/report/page.h"
#include "src/base/error.h"

namespace portcullis::pages {
namespace {

using verdict::Result;

const Result* InVersions(const Reference& reference, const std::string& id, bool with_course) {
  for (const Result* result : reference.InEveryVersion(id)) {
    const bool fits =
        result != nullptr && (!with_course || !result->observation.flight.course.empty());
    if (fits) return result;
  }
  return nullptr;
}

// Colours that follow the reader's theme, in a page or as a file of its own.
constexpr const char* kStyle =
    "<style>.ink{fill:#1b2127}.quiet{fill:#525c66}.box{fill:#f5f7f9;stroke:#8a96a3}"
    ".load{stroke:#0b57c4}.move{stroke:#b45309}.load-fill{fill:#0b57c4}.move-fill{fill:#b45309}"
    "@media (prefers-color-scheme:dark){.ink{fill:#e5e9ee}.quiet{fill:#a3aeb9}"
    ".box{fill:#1a2128;stroke:#6b7885}.load{stroke:#8fbcff}.move{stroke:#fbbf60}"
    ".load-fill{fill:#8fbcff}.move-fill{fill:#fbbf60}}</style>";

}  // namespace

const Result& CaseOf(const Reference& reference, const std::string& id) {
  const Result* found = InVersions(reference, id, false);
  if (found != nullptr) return *found;
  throw UsageError(fmt::format("no kept result of {}, which a picture shows", id));
}

const Result& CaseWithCourse(const Reference& reference, const std::string& id) {
  const Result* found = InVersions(reference, id, true);
  return found != nullptr ? *found : CaseOf(reference, id);
}

std::string Svg(int width, int height, const std::string& title, const std::string& body) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
      "aria-label=\"{2}\" font-family=\"system-ui, sans-serif\" font-size=\"13\"><title>{2}</title>"
      "{3}{4}</svg>\n",
      width, height, report::Escaped(title), kStyle, body);
}

std::string Label(double x, double y, const std::string& text, const char* style,
                  const char* anchor) {
  return fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"{}\" text-anchor=\"{}\">{}</text>", x,
                     y, style, anchor, report::Escaped(text));
}

}  // namespace portcullis::pages
