// Pictures drawn from counts.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

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
constexpr int kLaneHeight = 146, kPlaceWidth = 130, kPlaceGap = 150, kLeft = 20;

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

// Between host memory and cuda:1: below the box of cuda:0.
std::string ArrowBelow(bool up, std::uint64_t bytes, const char* phase, double top) {
  const double host = PlaceX(0) + kPlaceWidth / 2.0;
  const double gpu = PlaceX(2) + kPlaceWidth / 2.0;
  const double tip = up ? gpu : host;
  const double bottom = top + 98;
  return fmt::format(
             "<path d=\"M{0:.0f} {1:.0f}V{2:.0f}H{3:.0f}V{1:.0f}\" class=\"{4}\" "
             "stroke-width=\"3\" fill=\"none\"/><path d=\"M{5:.0f} {1:.0f}l-6 9h12z\" "
             "class=\"{4}-fill\"/>",
             host, bottom, bottom + 24, gpu, phase, tip) +
         Label((host + gpu) / 2, bottom + 17, SizeText(bytes));
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
      const bool below = device == 1;
      if (const auto bytes = counts.host_to_device_bytes; bytes > 0) {
        svg += below ? ArrowBelow(true, bytes, style, top) : Arrow(0, 1, bytes, style, y);
      }
      if (const auto bytes = counts.device_to_host_bytes; bytes > 0) {
        svg += below ? ArrowBelow(false, bytes, style, top) : Arrow(1, 0, bytes, style, y);
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

// Peak memory: a panel for each way of loading; from left to right the load and the move, in each a
// bar for each GPU.
constexpr int kPanelWidth = 370, kPanelHeight = 196, kPanels = 2;  // so many in a row

struct Bar {
  std::uint64_t bytes = 0;
  bool left_over = false;  // nothing was allocated in the phase: what an earlier one left, at most
};

Bar BarOf(const Result& result, std::size_t device, std::size_t phase) {
  const auto& devices = result.observation.flight.devices;
  if (device >= devices.size()) return {};
  const std::uint64_t bytes = devices[device].at(phase).peak_bytes;
  if (bytes > 0 || phase == kLoad) return {bytes, false};
  return {devices[device].at(kLoad).peak_bytes, true};
}

std::string Drawn(const Bar& bar, std::size_t device, double x, double base, double height) {
  constexpr double kBarWidth = 52;
  const char* style = device == 0 ? "load" : "move";
  std::string svg;
  if (bar.bytes > 0) {
    svg = fmt::format(
        "<rect x=\"{:.0f}\" y=\"{:.1f}\" width=\"{:.0f}\" height=\"{:.1f}\" class=\"{}\"{}/>", x,
        base - height, kBarWidth, height, bar.left_over ? style : fmt::format("{}-fill", style),
        bar.left_over ? " fill=\"none\" stroke-dasharray=\"4 3\"" : "");
  }
  const std::string text = bar.bytes == 0 ? "0" : (bar.left_over ? "≤ " : "") + SizeText(bar.bytes);
  return svg + Label(x + kBarWidth / 2, base - height - 6, text,
                     bar.bytes == 0 || bar.left_over ? "quiet" : "ink");
}

std::string Panel(const Result& result, const std::string& code, double left, double top,
                  double most) {
  constexpr double kBase = 150, kHighest = 96, kBarStep = 70, kStep = 168;
  std::string svg = Label(left, top + 16, code, "ink", "start");
  svg += fmt::format("<path d=\"M{:.0f} {:.0f}h320\" class=\"box\"/>", left, top + kBase);
  for (const auto& [phase, name, column] :
       {std::tuple{kLoad, "load", 0}, std::tuple{kMove, "move", 1}}) {
    const double x = left + 14 + column * kStep;
    svg += Label(x + 61, top + kBase + 18, name, "quiet");
    for (std::size_t device = 0; device < 2; ++device) {
      const Bar bar = BarOf(result, device, phase);
      const double height = most == 0 ? 0 : static_cast<double>(bar.bytes) / most * kHighest;
      svg += Drawn(bar, device, x + static_cast<double>(device) * kBarStep, top + kBase, height);
    }
  }
  return svg;
}

std::string Peak(const Reference& reference) {
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
  std::uint64_t most = 0;
  for (const Row& row : kRows) {
    for (const auto& phases : CaseOf(reference, row.id).observation.flight.devices) {
      most = std::max({most, phases.at(kLoad).peak_bytes, phases.at(kMove).peak_bytes});
    }
  }
  std::string svg;
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    const std::size_t row = i / kPanels;
    svg += Panel(CaseOf(reference, kRows.at(i).id), kRows.at(i).code,
                 kLeft + static_cast<double>(i % kPanels) * kPanelWidth,
                 static_cast<double>(row) * kPanelHeight, static_cast<double>(most));
  }
  constexpr int kLegend = static_cast<int>(kRows.size()) / kPanels * kPanelHeight;
  svg += fmt::format(
      "<rect x=\"{0}\" y=\"{1}\" width=\"24\" height=\"9\" class=\"load-fill\"/>{2}"
      "<rect x=\"{3}\" y=\"{1}\" width=\"24\" height=\"9\" class=\"move-fill\"/>{4}",
      kLeft, kLegend + 6, Label(kLeft + 32, kLegend + 15, "on cuda:0", "quiet", "start"),
      kLeft + 130, Label(kLeft + 162, kLegend + 15, "on cuda:1", "quiet", "start"));
  return Svg(
      740, kLegend + 26,
      "Most memory in use on each GPU while a checkpoint saved from cuda:0 is loaded and moved",
      svg);
}

}  // namespace

std::vector<Picture> Pictures(const Reference& reference) {
  return {{"transfers.svg", Transfers(reference)}, {"peak.svg", Peak(reference)}};
}

}  // namespace portcullis::pages
