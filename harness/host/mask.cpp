#include "harness/host/host.h"

namespace portcullis::host {

std::string Mask::Text() const {
  if (!value) return "unset";
  return value->empty() ? "empty" : *value;
}

Mask Mask::FromText(const std::string& text) {
  if (text == "unset") return {};
  return {text == "empty" ? "" : text};
}

}  // namespace portcullis::host
