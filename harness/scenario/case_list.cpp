#include "harness/scenario/case_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace portcullis::scenario {
namespace {

// Of the members that Add() and At() know: nine words, and the rest.
constexpr std::size_t kKnown = 9 * sizeof(std::string) + sizeof(host::Mask) +
                               sizeof(std::optional<portability::TorchVersion>) +
                               sizeof(portability::Strategy) + sizeof(std::optional<Expectation>);
static_assert(sizeof(Case) == kKnown,
              "a case has a new member: give it a place in CaseList::Row, Add() and At()");

std::string VersionText(const std::optional<portability::TorchVersion>& version) {
  return version ? fmt::format("{}", fmt::join(version->parts, ".")) : "";
}

}  // namespace

void CaseList::Add(const Case& c) {
  const auto word = [this](const std::string& text) { return words_.Of(text, text); };
  // A rule's place stands for the whole of its expectation; the texts are for those without one.
  const std::string expectation =
      c.expectation ? c.expectation->where + " " + c.expectation->Text() : "";
  rows_.push_back({word(c.scenario), word(c.claim), word(c.why), word(c.checkpoint), word(c.host),
                   masks_.Of(c.mask.value ? "=" + *c.mask.value : "", c.mask), word(c.runtime),
                   versions_.Of(VersionText(c.torch), c.torch),
                   strategies_.Of(c.strategy.Text(), c.strategy), word(c.damage), word(c.fault),
                   expectations_.Of(expectation, c.expectation)});
}

Case CaseList::At(std::size_t number) const {
  const Row& row = rows_[number];
  Case c;
  c.scenario = words_[row.scenario];
  c.claim = words_[row.claim];
  c.why = words_[row.why];
  c.checkpoint = words_[row.checkpoint];
  c.host = words_[row.host];
  c.mask = masks_[row.mask];
  c.runtime = words_[row.runtime];
  c.torch = versions_[row.torch];
  c.strategy = strategies_[row.strategy];
  c.damage = words_[row.damage];
  c.fault = words_[row.fault];
  c.expectation = expectations_[row.expectation];
  c.id = CaseId(c);
  return c;
}

std::optional<std::size_t> CaseList::Find(const std::string& id) const {
  for (std::size_t number = 0; number < size(); ++number) {
    if (At(number).id == id) return number;
  }
  return std::nullopt;
}

}  // namespace portcullis::scenario
