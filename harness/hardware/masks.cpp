#include "harness/hardware/masks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace portcullis::hardware {
namespace {

// {uuid} is the first GPU's UUID, {short} its first eight digits, {one} its first, {loud} the eight
// in capitals, {last} the last GPU's UUID.
constexpr std::array kMasks{"",
                            "-1",
                            "0",
                            "1",
                            "7",
                            "64",
                            "0,0",
                            "0,1",
                            "1,0",
                            "0,1,0",
                            "0,-1",
                            "-1,0",
                            "0,7",
                            "7,0",
                            " 0",
                            "0 ",
                            " 0 , 1 ",
                            "0,,1",
                            ",0",
                            "0,",
                            "00",
                            "+0",
                            "-0",
                            "0x0",
                            "0,00",
                            "0,0x0",
                            "0 0",
                            "0;1",
                            "0.5",
                            "\t0\n",
                            "4294967296",
                            "4294967297",
                            "-4294967296",
                            "2147483648",
                            "18446744073709551616",
                            "0,99999999999999999999",
                            "1gpu2,2ampere",
                            "junk",
                            "0,junk",
                            "junk,0",
                            "GPU-",
                            "GPU",
                            "gpu-0",
                            "{uuid}",
                            "{short}",
                            "{one}",
                            "{loud}",
                            " {uuid}",
                            "{uuid} ",
                            "{uuid}junk",
                            "{short}junk",
                            "{short}-",
                            "{short} ,0",
                            "{uuid}junk,{uuid}",
                            "{short},{uuid}",
                            "{uuid}, {uuid}",
                            "{uuid},junk",
                            "{uuid},0",
                            "0,{uuid}",
                            "{uuid},{uuid}",
                            "{last}",
                            "{uuid},{last}",
                            "GPU-00000000",
                            "GPU-00000000,0",
                            "MIG-GPU-00000000/0/0",
                            "MIG-00000000-0000-0000-0000-000000000000",
                            "all",
                            "none",
                            "void"};

// A text about the GPUs, filled in.
std::string Filled(const char* text, const std::string& first, const std::string& last) {
  constexpr std::size_t kPrefix = sizeof("GPU-") - 1;
  constexpr std::size_t kShort = 8;
  std::string loud = first.substr(0, kPrefix + kShort);
  std::transform(loud.begin(), loud.end(), loud.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return fmt::format(fmt::runtime(text), fmt::arg("uuid", first), fmt::arg("last", last),
                     fmt::arg("one", first.substr(0, kPrefix + 1)),
                     fmt::arg("short", first.substr(0, kPrefix + kShort)), fmt::arg("loud", loud));
}

}  // namespace

std::vector<host::Mask> TellingMasks(const std::vector<host::Gpu>& gpus) {
  std::vector<host::Mask> masks{host::Mask{}};
  for (const char* text : kMasks) {
    const bool about_gpus = std::string_view(text).find('{') != std::string_view::npos;
    if (about_gpus && gpus.empty()) continue;
    masks.push_back(
        {about_gpus ? Filled(text, gpus.front().uuid, gpus.back().uuid) : std::string(text)});
  }
  return masks;
}

}  // namespace portcullis::hardware
