// The picture of memory over the course of a load.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/pages/drawing.h"
#include "src/base/size.h"

namespace portcullis::pages {
namespace {

using host::CourseStep;

constexpr int kPanelWidth = 370, kPanelHeight = 190, kPanels = 2;  // so many in a row
constexpr double kLeft = 20, kWidth = 300, kBase = 132, kHighest = 84;

// Memory in use on one GPU: after how many calls it changed, and what it was then.
struct Point {
  std::uint64_t calls = 0, bytes = 0;
};

std::vector<Point> MemoryOf(const std::vector<CourseStep>& course, int gpu) {
  std::vector<Point> points{{}};
  std::uint64_t calls = 0;
  for (const CourseStep& step : course) {
    calls += step.calls;
    if (step.gpu != gpu) continue;
    const std::uint64_t now = points.back().bytes;
    if (step.what == "malloc") points.push_back({calls, now + step.bytes});
    if (step.what == "free") points.push_back({calls, now - std::min(now, step.bytes)});
  }
  points.push_back({calls, points.back().bytes});
  return points;
}

std::uint64_t MostOf(const std::vector<Point>& points) {
  return std::max_element(points.begin(), points.end(),
                          [](const Point& a, const Point& b) { return a.bytes < b.bytes; })
      ->bytes;
}

// Calls and copied bytes of one phase.
struct Phase {
  std::uint64_t calls = 0, copied = 0;
};
Phase PhaseOf(const std::vector<CourseStep>& course, simcuda::Phase phase) {
  Phase sum;
  for (const CourseStep& step : course) {
    if (step.phase != phase) continue;
    sum.calls += step.calls;
    if (step.what != "malloc" && step.what != "free") sum.copied += step.bytes;
  }
  return sum;
}

struct Panel {
  double left, top;
  double per_call;  // pixels
  double per_byte;
  double X(std::uint64_t calls) const { return left + static_cast<double>(calls) * per_call; }
  double Y(std::uint64_t bytes) const {
    return top + kBase - static_cast<double>(bytes) * per_byte;
  }
};

std::string MemoryLine(const Panel& panel, const std::vector<Point>& points, int gpu) {
  const double up = gpu * 3.0;  // lines of the same height stay apart
  std::string path = fmt::format("M{:.1f} {:.1f}", panel.X(0), panel.Y(0) - up);
  std::string labels;
  for (std::size_t i = 1; i < points.size(); ++i) {
    path += fmt::format("H{:.1f}V{:.1f}", panel.X(points[i].calls), panel.Y(points[i].bytes) - up);
    const bool rises = points[i].bytes > points[i - 1].bytes;
    if (!rises) continue;
    labels += Label(panel.X(points[i].calls) + 4, panel.Y(points[i].bytes) - 6,
                    SizeText(points[i].bytes), "ink", "start");
  }
  return fmt::format("<path d=\"{}\" class=\"{}\" stroke-width=\"3\" fill=\"none\"/>", path,
                     gpu == 0 ? "load" : "move") +
         labels;
}

// The phases below the line: how many calls, how much they copied.
std::string Phases(const Panel& panel, const std::vector<CourseStep>& course) {
  std::string svg;
  std::uint64_t from = 0;
  for (const auto& [phase, name] :
       {std::pair{simcuda::Phase::kLoad, "load"}, std::pair{simcuda::Phase::kMove, "move"}}) {
    const Phase sum = PhaseOf(course, phase);
    if (sum.calls == 0) continue;
    const double middle = (panel.X(from) + panel.X(from + sum.calls)) / 2;
    if (from > 0) {
      svg +=
          fmt::format("<path d=\"M{:.1f} {:.0f}v{:.0f}\" class=\"box\" stroke-dasharray=\"3 3\"/>",
                      panel.X(from), panel.top + kBase - kHighest - 20, kHighest + 24);
    }
    svg += Label(middle, panel.top + kBase + 18, fmt::format("{}: {} calls", name, sum.calls),
                 "quiet");
    svg += Label(middle, panel.top + kBase + 34, SizeText(sum.copied) + " copied", "quiet");
    from += sum.calls;
  }
  return svg;
}

std::string PanelOf(const Way& way, const std::vector<CourseStep>& course, double left, double top,
                    double most) {
  std::uint64_t calls = 0;
  for (const CourseStep& step : course) calls += step.calls;
  const Panel panel{left, top, calls == 0 ? 0 : kWidth / static_cast<double>(calls),
                    most == 0 ? 0 : kHighest / most};
  std::string svg = Label(left, top + 16, way.code, "ink", "start");
  svg +=
      fmt::format("<path d=\"M{:.0f} {:.0f}h{:.0f}\" class=\"box\"/>", left, top + kBase, kWidth);
  if (calls == 0) {
    return svg +
           Label(left + kWidth / 2, top + kBase - 12, "no GPU memory, nothing copied", "quiet");
  }
  for (const int gpu : {0, 1}) {
    const auto points = MemoryOf(course, gpu);
    if (MostOf(points) > 0) svg += MemoryLine(panel, points, gpu);
  }
  return svg + Phases(panel, course);
}

}  // namespace

std::string MemoryPicture(const Reference& reference) {
  std::uint64_t most = 0;
  for (const Way& way : kWays) {
    const auto& course = CaseWithCourse(reference, way.id).observation.flight.course;
    for (const int gpu : {0, 1}) most = std::max(most, MostOf(MemoryOf(course, gpu)));
  }
  std::string svg;
  for (std::size_t i = 0; i < kWays.size(); ++i) {
    const auto& course = CaseWithCourse(reference, kWays.at(i).id).observation.flight.course;
    const std::size_t row = i / kPanels;
    const std::size_t column = i % kPanels;
    svg += PanelOf(kWays.at(i), course, kLeft + static_cast<double>(column) * kPanelWidth,
                   static_cast<double>(row) * kPanelHeight, static_cast<double>(most));
  }
  constexpr int kLegend = static_cast<int>(kWays.size()) / kPanels * kPanelHeight;
  svg += fmt::format(
      "<path d=\"M{0} {1}h24\" class=\"load\" stroke-width=\"3\"/>{2}"
      "<path d=\"M{3} {1}h24\" class=\"move\" stroke-width=\"3\"/>{4}",
      kLeft, kLegend + 10, Label(kLeft + 32, kLegend + 15, "on cuda:0", "quiet", "start"),
      kLeft + 130, Label(kLeft + 162, kLegend + 15, "on cuda:1", "quiet", "start"));
  return Svg(
      740, kLegend + 26,
      "Memory in use on each GPU, call by call, while a checkpoint saved from cuda:0 is loaded "
      "and moved",
      svg);
}

bool PictureShows(const std::string& id) {
  return std::any_of(kWays.begin(), kWays.end(), [&](const Way& way) { return id == way.id; });
}

}  // namespace portcullis::pages
