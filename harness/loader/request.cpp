#include "harness/loader/request.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <regex>
#include <string_view>

#include "harness/loader/protocol.h"

namespace portcullis::loader {
namespace {

constexpr std::size_t kLongestRequest = 1 << 20;  // bytes

constexpr std::array kFormatNames = {"zip", "legacy", "torchscript", "archive", "pickle-save"};

// What the argument of each strategy must be: pattern, and the pattern in words.
struct ArgumentRow {
  std::string_view strategy;
  const char* pattern;
  std::string_view words;
};
#define DEVICE "[a-z]+(:[0-9]+)?"
constexpr std::array kArguments = {
    ArgumentRow{"as-saved", "", "no argument"},
    ArgumentRow{"as-saved-then-to", DEVICE, "a device such as cuda:1"},
    ArgumentRow{"map-location", DEVICE, "a device such as cuda:1"},
    ArgumentRow{"remap", DEVICE ">" DEVICE "(," DEVICE ">" DEVICE ")*",
                "pairs such as cuda:1>cuda:0"},
    ArgumentRow{"callable", "keep|none|" DEVICE, "keep, none or a device such as cpu"},
    ArgumentRow{"cpu-then-to", DEVICE, "a device such as cuda:1"},
    ArgumentRow{"parts", DEVICE "(," DEVICE ")*", "devices such as cuda:0,cuda:1"},
    ArgumentRow{"mmap", "(" DEVICE ")?", "nothing, or a device such as cpu"},
    ArgumentRow{"save", "(limit|kill):[0-9]{1,15}|full", "limit:BYTES, kill:BYTES or full"},
    ArgumentRow{"torch-load", DEVICE, "a device such as cpu"},
    ArgumentRow{"unpickle", DEVICE, "a device such as cpu"},
    ArgumentRow{"map-first", DEVICE, "a device such as cpu"},
    ArgumentRow{"bad-map", "[a-z0-9]+", "a word such as cuda1"},
    ArgumentRow{"current", DEVICE, "a device such as cuda:1"},
    ArgumentRow{"ranks", "[1-9][0-9]?", "a number such as 4"},
    ArgumentRow{"rank-map", "[1-9][0-9]?", "a number such as 4"},
    ArgumentRow{"cpu-ranks", "[1-9][0-9]?", "a number such as 4"},
    ArgumentRow{"mmap-ranks", "[1-9][0-9]?", "a number such as 4"},
    ArgumentRow{"gpu-ranks", "[1-9][0-9]?", "a number such as 4"},
    ArgumentRow{"late-mask", "[a-z0-9]+", "a number such as 0, or empty"},
    ArgumentRow{"forward", "(" DEVICE ")?", "nothing, or a device such as cpu"},
};
#undef DEVICE

std::string ReadLine(std::istream& input) {
  std::string line;
  for (char c = 0; input.get(c) && c != '\n';) {
    line.push_back(c);
    if (line.size() > kLongestRequest) {
      throw BadRequest("the request is longer than " + std::to_string(kLongestRequest) + " bytes");
    }
  }
  if (line.find_first_not_of(" \t\r") == std::string::npos) {
    throw BadRequest("standard input holds no request");
  }
  return line;
}

nlohmann::json ParseObject(const std::string& line) {
  nlohmann::json message;
  try {
    message = nlohmann::json::parse(line);
  } catch (const nlohmann::json::exception& error) {
    throw BadRequest(std::string("the request is not JSON: ") + error.what());
  }
  if (!message.is_object()) {
    throw BadRequest(std::string("the request is a JSON ") + message.type_name() +
                     ", expected an object");
  }
  return message;
}

template <typename T>
T Field(const nlohmann::json& message, const char* name, const char* kind) {
  const auto found = message.find(name);
  const std::string text = found == message.end() ? "missing" : found->dump();
  try {
    if (found != message.end()) return found->get<T>();
  } catch (const nlohmann::json::exception&) {
    // reported below, with what was found
  }
  throw BadRequest("the request's \"" + std::string(name) + "\" is " + text + ", expected a " +
                   kind);
}

std::optional<Example> ReadExample(const nlohmann::json& message) {
  const auto found = message.find("example");
  if (found != message.end() && found->is_null()) return std::nullopt;
  try {
    const Example example{message.at("example").at("dtype"), found->at("shape")};
    const auto is_size = [](const nlohmann::json& size) { return size.is_number_unsigned(); };
    const auto& shape = found->at("shape");
    if (std::all_of(shape.begin(), shape.end(), is_size)) return example;
  } catch (const nlohmann::json::exception&) {
    // reported below, with what was found
  }
  throw BadRequest("the request's \"example\" is " +
                   (found == message.end() ? "missing" : found->dump()) +
                   ", expected null or a dtype and a shape");
}

template <typename Rows, typename Name>
[[noreturn]] void ThrowUnknown(const std::string& what, const std::string& wanted, const Rows& rows,
                               Name name) {
  std::string known;
  for (const auto& row : rows) known += (known.empty() ? "" : ", ") + std::string(name(row));
  throw BadRequest("unknown " + what + " '" + wanted + "'; known: " + known);
}

void CheckFormat(const Request& request) {
  for (const std::string_view format : kFormatNames) {
    if (format == request.format) return;
  }
  ThrowUnknown("format", request.format, kFormatNames, [](const char* format) { return format; });
}

void CheckStrategy(const Request& request) {
  for (const ArgumentRow& row : kArguments) {
    if (row.strategy != request.strategy) continue;
    if (std::regex_match(request.argument, std::regex(row.pattern))) return;
    throw BadRequest("strategy " + request.strategy + ": the argument is '" + request.argument +
                     "', expected " + std::string(row.words));
  }
  ThrowUnknown("strategy", request.strategy, kArguments,
               [](const ArgumentRow& row) { return row.strategy; });
}

void CheckCheckpoint(const Request& request) {
  const int fd = open(request.checkpoint.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    throw BadRequest("cannot open checkpoint '" + request.checkpoint +
                     "': " + std::strerror(errno));  // NOLINT: this program has one thread
  }
  close(fd);
}

}  // namespace

Request ReadRequest(std::istream& input) {
  const nlohmann::json message = ParseObject(ReadLine(input));
  if (message.value("protocol", nlohmann::json()) != protocol::kVersion) {
    throw BadRequest("the request's protocol is " +
                     message.value("protocol", nlohmann::json()).dump() + ", this loader speaks " +
                     std::to_string(protocol::kVersion));
  }
  Request request;
  request.case_id = Field<std::string>(message, "case", "str");
  request.checkpoint = Field<std::string>(message, "checkpoint", "str");
  request.format = Field<std::string>(message, "format", "str");
  request.strategy = Field<std::string>(message, "strategy", "str");
  request.argument = Field<std::string>(message, "argument", "str");
  request.trust = Field<bool>(message, "trust", "bool");
  request.example = ReadExample(message);
  request.use = message.value("use", std::string());
  CheckFormat(request);
  CheckStrategy(request);
  CheckCheckpoint(request);
  return request;
}

}  // namespace portcullis::loader
