#include "harness/repro/facts.h"

#include <algorithm>
#include <array>

namespace portcullis::repro {
namespace {

// A fact stands behind `before` and ends before the first character of `ends`.
struct FactRow {
  std::string_view what;
  std::string_view before;
  std::string_view ends;
};
constexpr std::array kFacts{
    FactRow{"GPU asked for", "on CUDA device ", " "},
    FactRow{"GPUs visible", "torch.cuda.device_count() is ", ". "},
    FactRow{"tag", "(tagged with ", ")"},
    FactRow{"tag", "Storage device not recognized: ", " "},
    FactRow{"devices met", "found at least two devices, ", "!"},
    FactRow{"device of the odd one", "but got mat1 is on ", ","},
    FactRow{"device of the odd one", "state_steps is on ", ","},
    FactRow{"device of the others", "different from other tensors on ", " "},
    FactRow{"device of the input", "found input tensor at ", " "},
    FactRow{"module should be on", "parameters and buffers on device ", " "},
    FactRow{"found on", "but found one of them on device: ", " "},
    FactRow{"operator", "Could not run '", "'"},
    FactRow{"operator", "(when checking argument in method wrapper_CUDA_", ")"},
    FactRow{"device given", "Invalid device string: '", "'"},
    FactRow{"device given", "SafetensorError: device ", " "},
    FactRow{"CUDA says", "already set an error? Error ", ":"},
    FactRow{"device given", "at start of device string: ", " "},
    FactRow{"driver", "too old (found version ", ")"},
    FactRow{"asked for", "Tried to allocate ", "("},
    FactRow{"class refused", "Unsupported global: GLOBAL ", " "},
    FactRow{"map given", "but got type: <class '", "'"},
};

constexpr std::size_t kLongest = 80;  // a fact longer than that is none

}  // namespace

std::vector<Fact> ReadFacts(std::string_view text) {
  std::vector<Fact> facts;
  for (const FactRow& row : kFacts) {
    const std::size_t before = text.find(row.before);
    if (before == std::string_view::npos || !ValueOf(facts, row.what).empty()) continue;
    const std::string_view rest = text.substr(before + row.before.size());
    std::string_view value = rest.substr(0, std::min(rest.find_first_of(row.ends), kLongest + 1));
    while (!value.empty() && (value.back() == ' ' || value.back() == '.')) value.remove_suffix(1);
    if (!value.empty() && value.size() <= kLongest) {
      facts.push_back({std::string(row.what), std::string(value)});
    }
  }
  return facts;
}

std::string ValueOf(const std::vector<Fact>& facts, std::string_view what) {
  const auto found =
      std::find_if(facts.begin(), facts.end(), [&](const Fact& fact) { return fact.what == what; });
  return found == facts.end() ? std::string() : found->value;
}

}  // namespace portcullis::repro
