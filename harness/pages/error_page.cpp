#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "harness/pages/names.h"
#include "harness/pages/pages.h"
#include "harness/repro/emit.h"
#include "harness/repro/givers.h"
#include "src/portability/error_catalog.h"

namespace portcullis::pages {
namespace {

using portability::ErrorClass;

std::string Words(std::string_view first, std::string_view then) {
  return fmt::format("`{}{}{}`", first, then.empty() ? "" : " … ", then);
}

std::string Wordings(const ErrorClass& error) {
  std::string text;
  for (const auto& wording : portability::OtherWordings()) {
    if (wording.id != error.id) continue;
    text += fmt::format("| {} | {} | {} |\n", Words(wording.first, wording.then), wording.versions,
                        wording.source);
  }
  if (text.empty()) return {};
  return "## In other words\n\n| text | of | source |\n| --- | --- | --- |\n" + text + "\n";
}

std::string Givers(const repro::Guide& guide, const host::HostLibrary& hosts) {
  const bool second = guide.error == "deserialize-no-such-gpu" || guide.error == "invalid-ordinal";
  std::string rows;
  for (const auto& giver : repro::WhoGives(guide.error, second ? "cuda:1" : "cuda:0", hosts)) {
    rows += fmt::format("| `{}` | {} | {} | {} |\n", giver.strategy, FamilyLabel(giver.runtime),
                        fmt::join(giver.formats, ", "), fmt::join(giver.hosts, ", "));
  }
  std::string text = "## Who gives it\n\n";
  if (!rows.empty()) {
    text += fmt::format(
        "By the rules, for a checkpoint tagged `{}`:\n\n| way of loading | in | formats | hosts |\n"
        "| --- | --- | --- | --- |\n{}\n",
        second ? "cuda:1" : "cuda:0", rows);
  }
  for (const std::string& where : guide.where) text += "- " + where + "\n";
  return guide.where.empty() ? text : text + "\n";
}

// How often loads met it, and the text as the first of them threw it.
std::string Met(const Reference& reference, const ErrorClass& error) {
  std::map<std::string, int> counts;  // by runtime
  std::set<std::string> texts;
  for (const auto& version : reference.versions) {
    for (const auto& result : reference.results.at(version)) {
      const std::string& text = result.observation.error_short;
      if (text.empty() || portability::ClassifyError(text) != &error) continue;
      ++counts[result.runtime_id];
      texts.insert(text);
    }
  }
  if (counts.empty()) return "No load of the scenarios met it.\n\n";
  std::string text = "Loads that met it:";
  const char* comma = " ";
  for (const auto& [runtime, count] : counts) {
    text += fmt::format("{}{} {}", comma, runtime, count);
    comma = ", ";
  }
  text += ". As thrown:\n\n";
  for (const std::string& thrown : texts) text += "```\n" + thrown + "\n```\n\n";
  return text;
}

std::string Remedies(const repro::Guide& guide) {
  std::string text = "## What to do, best first\n\n";
  int number = 0;
  for (const auto& remedy : guide.remedies) {
    text += fmt::format("{}. `{}`: {}\n", ++number, remedy.what, remedy.why);
  }
  return text + "\n";
}

std::string Reproduction(const repro::Guide& guide) {
  const auto forms = repro::FormsOf(guide);
  if (forms.empty()) {
    return fmt::format("## See it fail, and work\n\nThere is no reproduction: {}.\n", guide.none);
  }
  const bool python = guide.python.has_value();
  const auto files = repro::Emit(guide, python ? repro::Form::kPython : repro::Form::kCpp);
  std::string text = fmt::format(
      "## See it fail, and work\n\n```sh\nportcullis repro {} --emit {} -o DIR\n```\n\n",
      guide.error, fmt::join(forms, "|"));
  for (const auto& file : files) {
    const bool shown = file.name.starts_with("fails") || file.name.starts_with("works");
    if (!shown) continue;
    text +=
        fmt::format("`{}`:\n\n```{}\n{}```\n\n", file.name, python ? "python" : "cpp", file.text);
  }
  return text +
         "Both are run by the tests: the first must fail with this error, the second must work.\n";
}

}  // namespace

std::string ErrorsPage() {
  std::string text =
      "# The error texts\n\nPaste yours: `portcullis repro 'the text'` finds it in a traceback or "
      "a "
      "log, in the words of other\nversions too.\n\n| text | means |\n| --- | --- |\n";
  for (const auto& guide : repro::Guides()) {
    const auto* error = portability::FindErrorClass(guide.error);
    text += fmt::format("| [{}{}{}](errors/{}.md) | {} |\n", error->first,
                        error->then.empty() ? "" : " … ", error->then, error->id, error->means);
  }
  return text;
}

std::string ErrorPage(const Reference& reference, const repro::Guide& guide,
                      const host::HostLibrary& hosts) {
  const ErrorClass& error = *portability::FindErrorClass(guide.error);
  std::string text =
      fmt::format("# {}\n\n> {}{}{}\n\nThat is: {}. (Its source: {}.)\n\n", error.id, error.first,
                  error.then.empty() ? "" : " … ", error.then, error.means, error.source);
  text += guide.happened + "\n\n" + Remedies(guide) + Givers(guide, hosts) + Met(reference, error) +
          Wordings(error) + Reproduction(guide);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace portcullis::pages
