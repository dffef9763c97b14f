#include "src/checkpoint/code_literals.h"

#include <algorithm>
#include <array>
#include <optional>

#include "src/checkpoint/device_name.h"
#include "src/checkpoint/word.h"

namespace portcullis::checkpoint {
namespace {

struct Token {
  enum class Kind { kWord, kNumber, kString, kSign } kind = Kind::kSign;
  std::string_view text;  // of a string: what is between its quotes, as written
  std::uint64_t offset = 0;
  std::uint64_t end = 0;  // of a string: behind its closing quote
};

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Tokens {
 public:
  explicit Tokens(std::string_view code) : code_(code) {}

  std::optional<Token> Next() {
    SkipBlanksAndComments();
    if (at_ >= code_.size()) return {};
    const char c = code_[at_];
    if (c == '"' || c == '\'') return String(c);
    if (IsWordStart(c)) return Run(Token::Kind::kWord);
    if (IsDigit(c)) return Run(Token::Kind::kNumber);
    ++at_;
    return Token{Token::Kind::kSign, code_.substr(at_ - 1, 1), at_ - 1, at_};
  }

 private:
  void SkipBlanksAndComments() {
    while (at_ < code_.size() && (IsBlank(code_[at_]) || code_[at_] == '#')) {
      const bool comment = code_[at_] == '#';
      at_ = comment ? std::min(code_.find('\n', at_), code_.size()) : at_ + 1;
    }
  }

  Token Run(Token::Kind kind) {
    const std::size_t start = at_;
    while (at_ < code_.size() && (IsWordStart(code_[at_]) || IsDigit(code_[at_]))) ++at_;
    return {kind, code_.substr(start, at_ - start), start, at_};
  }

  Token String(char quote) {
    const std::string three(3, quote);
    const bool is_long = code_.substr(at_, 3) == three;
    const std::string_view end =
        is_long ? std::string_view(three) : std::string_view(three).substr(2);
    at_ += end.size();
    const std::size_t start = at_;
    while (at_ < code_.size() && code_.substr(at_, end.size()) != end) {
      at_ += code_[at_] == '\\' ? 2U : 1U;
    }
    const std::size_t stop = std::min(at_, code_.size());
    at_ = std::min(stop + end.size(), code_.size());
    return {Token::Kind::kString, code_.substr(start, stop - start), start, at_};
  }

  std::string_view code_;
  std::size_t at_ = 0;
};

// torch . device ( "cuda" , 1: what stands before a token decides what it is.
constexpr std::array<std::string_view, 4> kDeviceCall = {"torch", ".", "device", "("};

}  // namespace

std::vector<CodeLiteral> FindDevices(std::string_view code) {
  std::vector<CodeLiteral> found;
  Tokens tokens(code);
  std::size_t matched = 0;     // how much of kDeviceCall stands before this token
  bool after_literal = false;  // torch.device("cuda"
  bool after_comma = false;    // torch.device("cuda",
  while (const std::optional<Token> token = tokens.Next()) {
    const bool is_sign = token->kind == Token::Kind::kSign;
    if (token->kind == Token::Kind::kString) {
      const bool is_device = matched == kDeviceCall.size();
      after_literal = is_device;
      if (is_device || ReadsLikeDevice(token->text)) {
        found.push_back({std::string(token->text), token->offset, token->end, is_device});
      }
      matched = 0;
      continue;
    }
    if (after_comma && token->kind == Token::Kind::kNumber) {
      found.back().text += ":" + std::string(token->text);
      found.back().end = token->end;
    }
    after_comma = after_literal && is_sign && token->text == ",";
    after_literal = false;
    if (matched < kDeviceCall.size() && token->text == kDeviceCall[matched]) {
      ++matched;
    } else {
      matched = token->text == kDeviceCall[0] ? 1 : 0;
    }
  }
  return found;
}

bool DefinesFunction(std::string_view code) {
  Tokens tokens(code);
  while (const std::optional<Token> token = tokens.Next()) {
    if (token->kind == Token::Kind::kWord && token->text == "def") return true;
  }
  return false;
}

}  // namespace portcullis::checkpoint
