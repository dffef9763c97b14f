#include "harness/report/xml.h"

#include <nlohmann/json.hpp>

#include "harness/report/json_text.h"

namespace portcullis::report {
namespace {

// Error texts may hold any bytes; what is no UTF-8 becomes U+FFFD.
std::string Utf8(std::string_view text) {
  using nlohmann::json;
  const std::string valid = JsonText(json(text));
  return json::parse(valid).get<std::string>();
}

}  // namespace

std::string Xml(std::string_view text) {
  std::string escaped;
  for (const char c : Utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\n' && c != '\t') continue;
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace portcullis::report
