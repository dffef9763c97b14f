#include "harness/hardware/agreement_text.h"

#include <fmt/format.h>

#include <sstream>

namespace portcullis::hardware {
namespace {

using report::Style;

// The first line of either text that the other does not have at that place.
std::pair<std::string, std::string> FirstDifference(const std::string& left,
                                                    const std::string& right) {
  std::istringstream lefts(left);
  std::istringstream rights(right);
  for (;;) {
    std::string a;
    std::string b;
    const bool more_left = static_cast<bool>(std::getline(lefts, a));
    const bool more_right = static_cast<bool>(std::getline(rights, b));
    if (!more_left) a = "nothing more";
    if (!more_right) b = "nothing more";
    if (a != b || (!more_left && !more_right)) return {a, b};
  }
}

std::string Figure(std::size_t agreed, std::size_t compared) {
  if (compared == 0) return "–";
  // Rounded down: 100 % is said only of everything.
  const double percent =
      static_cast<double>(agreed * 1000 / compared) / 10.0;  // NOLINT(bugprone-integer-division)
  return fmt::format("{:.1f} %", percent);
}

std::string AspectRows(const Agreement& agreement, const Style& style) {
  std::string text =
      style.Dim(fmt::format("{:<12} {:>9} {:>7} {:>9}\n", "", "compared", "agree", "share"));
  for (std::size_t i = 0; i < kAspects; ++i) {
    const auto& count = agreement.by_aspect.at(i);
    if (count.compared == 0) continue;
    const std::string row =
        fmt::format("{:<12} {:>9} {:>7} {:>9}", AspectName(static_cast<Aspect>(i)), count.compared,
                    count.agreed, Figure(count.agreed, count.compared));
    text += (count.agreed == count.compared ? style.Good(row) : style.Bad(row)) + "\n";
  }
  return text;
}

std::string DifferenceText(const Difference& difference, const Style& style) {
  const auto [recorded, simulated] = FirstDifference(difference.recorded, difference.simulated);
  std::string text = fmt::format("{} of {}\n  hardware:   {}\n  simulation: {}\n",
                                 style.Bold(AspectName(difference.aspect)), difference.subject,
                                 recorded, simulated);
  if (!difference.explained.empty()) {
    text += style.Dim(fmt::format("  because {}\n", difference.explained));
  }
  return text;
}

}  // namespace

std::string AgreementText(const Recording& recording, const Agreement& agreement,
                          const Style& style) {
  std::string text = fmt::format("{}, recorded {} with {}\n\n", HostFrom(recording.machine).about,
                                 recording.recorded, recording.runtime);
  text += AspectRows(agreement, style) + "\n";
  for (const Difference& difference : agreement.differences) {
    text += DifferenceText(difference, style);
  }
  for (const std::string& why : agreement.not_compared) {
    text += style.Odd("not compared: ") + why + "\n";
  }
  const std::size_t unexplained = agreement.Unexplained();
  return text + fmt::format("agreement {}: {} of {}; {} differences, {} of them unexplained\n",
                            Figure(agreement.Agreed(), agreement.Compared()), agreement.Agreed(),
                            agreement.Compared(), agreement.differences.size(), unexplained);
}

nlohmann::json AgreementJson(const Agreement& agreement) {
  nlohmann::json aspects = nlohmann::json::object();
  for (std::size_t i = 0; i < kAspects; ++i) {
    const auto& count = agreement.by_aspect.at(i);
    aspects[AspectName(static_cast<Aspect>(i))] = {{"compared", count.compared},
                                                   {"agreed", count.agreed}};
  }
  nlohmann::json differences = nlohmann::json::array();
  for (const Difference& difference : agreement.differences) {
    differences.push_back({{"aspect", AspectName(difference.aspect)},
                           {"subject", difference.subject},
                           {"recorded", difference.recorded},
                           {"simulated", difference.simulated},
                           {"explained", difference.explained}});
  }
  return {{"compared", agreement.Compared()},
          {"agreed", agreement.Agreed()},
          {"aspects", aspects},
          {"differences", differences},
          {"not_compared", agreement.not_compared}};
}

}  // namespace portcullis::hardware
