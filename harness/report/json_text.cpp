#include "harness/report/json_text.h"

#include <nlohmann/json.hpp>

namespace portcullis::report {

std::string JsonText(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string LineOf(const nlohmann::json& value) { return JsonText(value) + "\n"; }

}  // namespace portcullis::report
