// Owns: a list of very many cases in little memory. Cases of one list have the same few words in
// common; each word is kept once, and a case is a row of numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/scenario/case.h"

namespace portcullis::scenario {

class CaseList {
 public:
  CaseList() = default;
  CaseList(const std::vector<Case>& cases) {  // NOLINT: a list of cases is one of these too
    for (const Case& c : cases) Add(c);
  }

  // The case's id must be that of its parts, CaseId().
  void Add(const Case& c);
  // Puts the case together again.
  Case At(std::size_t number) const;
  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  // The place of the case with this id. Looks at every case.
  std::optional<std::size_t> Find(const std::string& id) const;

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Case;
    using difference_type = std::ptrdiff_t;
    using pointer = const Case*;
    using reference = Case;
    Iterator(const CaseList& list, std::size_t number) : list_(&list), number_(number) {}
    Case operator*() const { return list_->At(number_); }
    Iterator& operator++() {
      ++number_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return number_ == other.number_; }
    bool operator!=(const Iterator& other) const { return number_ != other.number_; }

   private:
    const CaseList* list_;
    std::size_t number_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

 private:
  // Everything that is different values of one type, each once, with a number.
  template <typename Value>
  class Numbered {
   public:
    std::uint32_t Of(const std::string& key, const Value& value) {
      const auto [place, is_new] = numbers_.try_emplace(key, values_.size());
      if (is_new) values_.push_back(value);
      return place->second;
    }
    const Value& operator[](std::uint32_t number) const { return values_[number]; }

   private:
    std::map<std::string, std::uint32_t> numbers_;
    std::deque<Value> values_;
  };

  struct Row {
    std::uint32_t scenario, claim, why, checkpoint, host, mask, runtime, torch, strategy, damage,
        fault, expectation;
  };

  Numbered<std::string> words_;
  Numbered<host::Mask> masks_;
  Numbered<std::optional<portability::TorchVersion>> versions_;
  Numbered<portability::Strategy> strategies_;
  Numbered<std::optional<Expectation>> expectations_;
  std::vector<Row> rows_;
};

}  // namespace portcullis::scenario
