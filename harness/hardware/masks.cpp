#include "harness/hardware/masks.h"

#include <array>

namespace portcullis::hardware {
namespace {

// {uuid} is the first GPU's UUID, {short} its first eight digits, {last} the last GPU's UUID.
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
                            "0x0",
                            "1gpu2,2ampere",
                            "junk",
                            "0,junk",
                            "junk,0",
                            "GPU-",
                            "GPU",
                            "gpu-0",
                            "{uuid}",
                            "{short}",
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

std::string Replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

}  // namespace

std::vector<host::Mask> TellingMasks(const std::vector<host::Gpu>& gpus) {
  constexpr std::size_t kShort = sizeof("GPU-") - 1 + 8;
  std::vector<host::Mask> masks{host::Mask{}};
  for (const std::string text : kMasks) {
    if (text.find('{') == std::string::npos) {
      masks.push_back({text});
    } else if (!gpus.empty()) {
      const std::string& first = gpus.front().uuid;
      masks.push_back(
          {Replaced(Replaced(Replaced(text, "{uuid}", first), "{last}", gpus.back().uuid),
                    "{short}", first.substr(0, kShort))});
    }
  }
  return masks;
}

}  // namespace portcullis::hardware
