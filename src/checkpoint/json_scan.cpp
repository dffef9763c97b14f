#include "src/checkpoint/json_scan.h"

#include <fmt/format.h>

#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

namespace portcullis::checkpoint {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kDeepest = 256;

// Feeds a parser from a source, and knows where the last string began.
class Feed {
 public:
  explicit Feed(const Source& source) : in_(source) {
    if (in_.Left() > 0) current_ = static_cast<char>(in_.U8());
    done_ = source.Size() == 0;
  }

  char Current() const { return current_; }
  bool Done() const { return done_; }
  std::uint64_t Offset() const { return in_.Offset(); }
  // Where the last string (between its quotes), number or word stood.
  std::uint64_t StringStart() const { return string_start_; }
  std::uint64_t StringEnd() const { return string_end_; }
  std::uint64_t WordStart() const { return word_start_; }
  std::uint64_t WordEnd() const { return word_end_; }

  void Advance() {
    Follow(current_);
    if (in_.Left() == 0) {
      done_ = true;
    } else {
      current_ = static_cast<char>(in_.U8());
    }
  }

 private:
  // current_ stands at Offset() - 1, so what follows it stands at Offset().
  void Follow(char c) {
    if (!in_string_) {
      in_string_ = c == '"';
      if (in_string_) string_start_ = in_.Offset();
      const bool in_word = std::string_view("{}[]:,\" \t\r\n").find(c) == std::string_view::npos;
      if (in_word && !in_word_) word_start_ = in_.Offset() - 1;
      if (in_word) word_end_ = in_.Offset();
      in_word_ = in_word;
    } else if (escaped_) {
      escaped_ = false;
    } else {
      escaped_ = c == '\\';
      in_string_ = c != '"';
      if (!in_string_) string_end_ = in_.Offset() - 1;
    }
  }

  Cursor in_;
  char current_ = 0;
  bool done_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
  bool in_word_ = false;
  std::uint64_t string_start_ = 0, string_end_ = 0, word_start_ = 0, word_end_ = 0;
};

// The parser's view of a feed: an input iterator, equal to the end when the feed is done.
class FeedIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  FeedIterator() = default;
  explicit FeedIterator(Feed& feed) : feed_(&feed) {}
  char operator*() const { return feed_->Current(); }
  FeedIterator& operator++() {
    feed_->Advance();
    return *this;
  }
  FeedIterator operator++(int) {
    const FeedIterator before = *this;
    feed_->Advance();
    return before;
  }
  bool operator==(const FeedIterator& other) const { return AtEnd() == other.AtEnd(); }

 private:
  bool AtEnd() const { return feed_ == nullptr || feed_->Done(); }
  Feed* feed_ = nullptr;
};

class Handler : public Json::json_sax_t {
 public:
  Handler(const Source& source, const Feed& feed,
          const std::function<void(const JsonPath&, const JsonValue&)>& visit)
      : source_(source), feed_(feed), visit_(visit) {}

  bool null() override { return Word({}); }
  bool boolean(bool) override { return Word({}); }
  bool number_float(number_float_t, const string_t&) override { return Word({}); }
  bool number_integer(number_integer_t number) override {
    return Word({JsonValue::Kind::kInt, "", 0, 0, number});
  }
  bool number_unsigned(number_unsigned_t number) override {
    constexpr auto kMost = static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max());
    if (number > kMost) return Word({});
    return Word({JsonValue::Kind::kInt, "", 0, 0, static_cast<std::int64_t>(number)});
  }
  bool string(string_t& text) override {
    return Value({JsonValue::Kind::kString, text, feed_.StringStart(),
                  feed_.StringEnd() - feed_.StringStart(), 0});
  }
  bool binary(binary_t&) override { return Value({}); }
  bool start_object(std::size_t) override { return Open(false); }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t) override { return Open(true); }
  bool end_array() override { return Close(); }
  bool key(string_t& key) override {
    path_.back() = key;
    return true;
  }
  bool parse_error(std::size_t, const std::string& token, const Json::exception&) override {
    source_.Damaged(feed_.Offset() - (feed_.Offset() > 0 ? 1 : 0),
                    fmt::format("'{}', which is not JSON", token.substr(0, 40)), "JSON text");
  }

 private:
  bool Open(bool is_array) {
    if (path_.size() == kDeepest) {
      source_.Unsupported(feed_.Offset(), fmt::format("JSON nested {} deep", kDeepest),
                          "a model's own description", "look at the file by hand");
    }
    CountElement();
    path_.emplace_back();
    arrays_.push_back({is_array, 0});
    return true;
  }

  bool Close() {
    path_.pop_back();
    arrays_.pop_back();
    return true;
  }

  void CountElement() {
    if (!arrays_.empty() && arrays_.back().is_array) {
      path_.back() = fmt::to_string(arrays_.back().count++);
    }
  }

  bool Word(JsonValue value) {
    value.offset = feed_.WordStart();
    value.size = feed_.WordEnd() - feed_.WordStart();
    return Value(value);
  }

  bool Value(const JsonValue& value) {
    CountElement();
    visit_(path_, value);
    return true;
  }

  struct Level {
    bool is_array = false;
    std::uint64_t count = 0;
  };

  const Source& source_;
  const Feed& feed_;
  const std::function<void(const JsonPath&, const JsonValue&)>& visit_;
  JsonPath path_;
  std::vector<Level> arrays_;
};

}  // namespace

void ScanJson(const Source& json,
              const std::function<void(const JsonPath&, const JsonValue&)>& visit) {
  Feed feed(json);
  Handler handler(json, feed, visit);
  Json::sax_parse(FeedIterator(feed), FeedIterator(), &handler);
}

bool EndsWith(const JsonPath& path, std::initializer_list<std::string_view> keys) {
  return path.size() >= keys.size() &&
         std::equal(keys.begin(), keys.end(),
                    path.end() - static_cast<std::ptrdiff_t>(keys.size()));
}

}  // namespace portcullis::checkpoint
