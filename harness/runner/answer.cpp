#include "harness/runner/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "harness/loader/protocol.h"
#include "harness/runner/runner.h"
#include "src/base/names.h"

namespace portcullis::runner {
namespace {

using nlohmann::json;

struct ProtocolError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

constexpr std::size_t kShortest = 80;

std::string Shortened(std::string text) {
  if (text.size() > kShortest) text = text.substr(0, kShortest) + "…";
  return text;
}

// One value of the answer and where it stands: "tensors[3].shape".
class Field {
 public:
  Field(const json& value, std::string where) : value_(value), where_(std::move(where)) {}

  [[noreturn]] void Fail(const std::string& expected) const {
    const std::string found =
        value_.is_structured()
            ? value_.type_name()
            : Shortened(value_.dump(-1, ' ', false, json::error_handler_t::replace));
    throw ProtocolError(fmt::format("{}: found {}, expected {}", where_, found, expected));
  }

  // An object with these fields and no others.
  const Field& Object(const std::vector<std::string>& names) const {
    if (!value_.is_object()) Fail("an object");
    for (const auto& [name, value] : value_.items()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        throw ProtocolError(fmt::format("{}: {}", where_, UnknownName("field", name, names)));
      }
    }
    return *this;
  }

  Field operator[](const std::string& name) const {
    const std::string where = where_ == kTop ? name : where_ + "." + name;
    if (!value_.contains(name)) throw ProtocolError(where + ": found nothing");
    return {value_.at(name), where};
  }

  template <typename Read>
  auto List(Read read) const {
    if (!value_.is_array()) Fail("a list");
    std::vector<decltype(read(*this))> items;
    for (const json& item : value_) {
      items.push_back(read(Field(item, fmt::format("{}[{}]", where_, items.size()))));
    }
    return items;
  }

  bool IsNull() const { return value_.is_null(); }

  std::string Text() const {
    if (!value_.is_string()) Fail("text");
    return value_.get<std::string>();
  }

  std::uint64_t Count() const {
    if (!value_.is_number_unsigned()) Fail("a whole number of 0 or more");
    return value_.get<std::uint64_t>();
  }

  double Seconds() const {
    if (!value_.is_number() || value_.get<double>() < 0) Fail("seconds of 0 or more");
    return value_.get<double>();
  }

  template <typename T, std::size_t kSize>
  T OneOf(const std::array<std::pair<std::string_view, T>, kSize>& words) const {
    std::string expected;
    for (const auto& [word, meaning] : words) {
      if (value_.is_string() && value_.get_ref<const std::string&>() == word) return meaning;
      expected += fmt::format("{}\"{}\"", expected.empty() ? "" : " or ", word);
    }
    Fail(expected);
  }

  static constexpr std::string_view kTop = "answer";

 private:
  const json& value_;
  std::string where_;
};

constexpr std::array kOutcomes = {std::pair{protocol::kLoaded, Outcome::kLoaded},
                                  std::pair{protocol::kRaised, Outcome::kRaised},
                                  std::pair{protocol::kUnsupported, Outcome::kUnsupported}};
constexpr std::array kPhases = {std::pair{protocol::kPhaseLoad, LoadPhase::kLoad},
                                std::pair{protocol::kPhaseMove, LoadPhase::kMove},
                                std::pair{protocol::kPhaseUse, LoadPhase::kUse},
                                std::pair{protocol::kPhaseReadBack, LoadPhase::kReadBack}};

std::string Sha256(const Field& field) {
  std::string text = field.Text();
  const bool hexadecimal = text.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hexadecimal || (!text.empty() && text.size() != 64)) {
    field.Fail("64 hexadecimal digits, or \"\"");
  }
  return text;
}

FoundTensor ReadTensor(const Field& field) {
  field.Object({"name", "dtype", "shape", "device", "bytes", "sha256"});
  FoundTensor tensor;
  tensor.name = field["name"].Text();
  tensor.dtype = field["dtype"].Text();
  tensor.shape = field["shape"].List(
      [](const Field& size) { return static_cast<std::int64_t>(size.Count()); });
  tensor.device = field["device"].Text();
  tensor.bytes = field["bytes"].Count();
  tensor.sha256 = Sha256(field["sha256"]);
  return tensor;
}

FoundValue ReadValue(const Field& field) {
  field.Object({"name", "type", "text"});
  return {field["name"].Text(), field["type"].Text(), field["text"].Text()};
}

void ReadError(const Field& field, Answer& answer) {
  if (answer.outcome == Outcome::kLoaded) {
    if (!field.IsNull()) field.Fail("null, because the outcome is \"loaded\"");
    return;
  }
  field.Object({"type", "text"});
  answer.error_type = field["type"].Text();
  answer.error_text = field["text"].Text();
  if (answer.error_type.empty()) field["type"].Fail("the type of the error");
}

void CheckEnvelope(const Field& top, std::string_view expected_case) {
  if (const std::uint64_t version = top["protocol"].Count(); version != protocol::kVersion) {
    throw ProtocolError(fmt::format("protocol {}, expected {}", version, protocol::kVersion));
  }
  if (const std::string found = top["case"].Text(); found != expected_case) {
    throw ProtocolError(
        fmt::format("another case: found '{}', expected '{}'", Shortened(found), expected_case));
  }
}

Answer ReadMessage(const json& message, std::string_view expected_case) {
  const Field top(message, std::string(Field::kTop));
  if (!message.is_object()) top.Fail("an object");
  CheckEnvelope(top, expected_case);  // before the rest: another version has other fields
  top.Object(
      {"protocol", "case", "runtime", "outcome", "phase", "tensors", "values", "error", "seconds"});
  Answer answer;
  const Field runtime = top["runtime"].Object({"language", "torch", "cuda"});
  answer.language = runtime["language"].Text();
  answer.torch = runtime["torch"].Text();
  answer.cuda = runtime["cuda"].Text();
  answer.outcome = top["outcome"].OneOf(kOutcomes);
  answer.phase = top["phase"].OneOf(kPhases);
  if (answer.outcome == Outcome::kLoaded && answer.phase != LoadPhase::kReadBack) {
    top["phase"].Fail("\"read-back\", because the outcome is \"loaded\"");
  }
  answer.tensors = top["tensors"].List(ReadTensor);
  answer.values = top["values"].List(ReadValue);
  ReadError(top["error"], answer);
  const Field seconds = top["seconds"].Object({"load", "move", "use", "read-back"});
  answer.load_seconds = seconds["load"].Seconds();
  answer.move_seconds = seconds["move"].Seconds();
  answer.use_seconds = seconds["use"].Seconds();
  answer.read_back_seconds = seconds["read-back"].Seconds();
  return answer;
}

// The one line without its newline.
std::string_view OnlyLine(std::string_view bytes, bool too_long) {
  if (too_long) {
    throw ProtocolError(fmt::format("the answer is longer than {} bytes", kAnswerLimit));
  }
  if (bytes.empty()) throw ProtocolError("no answer: the answer pipe was closed without a byte");
  const std::size_t newline = bytes.find('\n');
  if (newline == std::string_view::npos) {
    throw ProtocolError(fmt::format("half a message: no newline after {} bytes", bytes.size()));
  }
  if (newline + 1 != bytes.size()) {
    throw ProtocolError(fmt::format("answered twice: {} more bytes follow at byte {}",
                                    bytes.size() - newline - 1, newline + 1));
  }
  return bytes.substr(0, newline);
}

json ParseJson(std::string_view line) {
  try {
    return json::parse(line);
  } catch (const json::parse_error& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: what is wrong"
    const std::string text = error.what();
    const std::size_t colon = text.find(": ");
    throw ProtocolError(
        fmt::format("not JSON at byte {}: {}", error.byte,
                    colon == std::string::npos ? text : Shortened(text.substr(colon + 2))));
  }
}

}  // namespace

AnswerOrError ReadAnswer(std::string_view bytes, bool too_long, std::string_view expected_case) {
  try {
    return {ReadMessage(ParseJson(OnlyLine(bytes, too_long)), expected_case), ""};
  } catch (const ProtocolError& error) {
    return {std::nullopt, error.what()};
  }
}

}  // namespace portcullis::runner
