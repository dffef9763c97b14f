// The picture of transfers, and the list of pictures.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "harness/pages/drawing.h"
#include "src/base/size.h"

namespace portcullis::pages {
namespace {

using verdict::Result;

constexpr std::size_t kLoad = 1, kMove = 2;  // phases of a flight record

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
  std::string svg;
  double top = 0;
  for (const Way& row : kWays) {
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

}  // namespace

std::vector<Picture> Pictures(const Reference& reference) {
  return {{"transfers.svg", Transfers(reference)}, {"peak.svg", MemoryPicture(reference)}};
}

}  // namespace portcullis::pages
