#include "harness/loader/found.h"

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>
#include <string_view>

namespace portcullis::loader {

void to_json(nlohmann::ordered_json& json, const FoundTensor& tensor) {
  json = {{"name", tensor.name},     {"dtype", tensor.dtype}, {"shape", tensor.shape},
          {"device", tensor.device}, {"bytes", tensor.bytes}, {"sha256", tensor.sha256}};
}

void to_json(nlohmann::ordered_json& json, const FoundValue& value) {
  json = {{"name", value.name}, {"type", value.type}, {"text", value.text}};
}

std::string Sha256(const void* bytes, std::size_t size) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (context == nullptr || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes, size) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), &length) != 1) {
    throw std::runtime_error("libcrypto cannot compute a SHA-256");
  }
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < length; ++i) {
    text += {kDigits[digest[i] >> 4U], kDigits[digest[i] & 15U]};
  }
  return text;
}

bool NamesDevice(const std::string& text) {
  static const std::regex pattern(
      "(cpu|cuda|meta|mps|xpu|hpu|npu|xla|mtia|hip|ve|ipu|maia|vulkan|lazy|privateuseone)"
      "(:[0-9]+)?");
  constexpr std::size_t kLongest = 32;  // std::regex recurses on long texts
  return text.size() <= kLongest && std::regex_match(text, pattern);
}

}  // namespace portcullis::loader
