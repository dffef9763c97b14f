#include "harness/suite/shard.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <regex>
#include <span>

#include "src/base/error.h"

namespace portcullis::suite {
namespace {

constexpr std::size_t kMostShards = 100'000;

using Hash = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

void Add(const Hash& hash, const std::string& text) {
  EVP_DigestUpdate(hash.get(), text.c_str(), text.size() + 1);  // the NUL keeps texts apart
}

// All of an expectation but where it stands and what it means to people.
std::string Expected(const scenario::Case& c) {
  if (!c.expectation) return "";
  const scenario::Moved& moved = c.expectation->moved;
  std::string text = c.expectation->Text();
  for (const auto& amount : {moved.host_to_device, moved.device_to_host, moved.device_to_device}) {
    text += " " + (amount ? amount->Text() : "any");
  }
  return text;
}

}  // namespace

Shard ParseShard(const std::string& text) {
  static const std::regex form(R"((\d{1,6})/(\d{1,6}))");
  std::smatch match;
  if (std::regex_match(text, match, form)) {
    const Shard shard{std::stoul(match[1]), std::stoul(match[2])};
    if (shard.number >= 1 && shard.number <= shard.of && shard.of <= kMostShards) return shard;
  }
  throw UsageError(
      fmt::format("shard '{}': expected I/N with 1 ≤ I ≤ N ≤ {}, as in 2/4 for the second of four",
                  text, kMostShards));
}

scenario::CaseList CasesOf(const Shard& shard, const scenario::CaseList& cases) {
  scenario::CaseList share;
  for (std::size_t i = shard.number - 1; i < cases.size(); i += shard.of) share.Add(cases.At(i));
  return share;
}

std::string DigestOf(const scenario::CaseList& cases) {
  const Hash hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr);
  for (const scenario::Case& c : cases) {
    Add(hash, c.id);
    Add(hash, Expected(c));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(hash.get(), bytes.data(), &size);
  return fmt::format("{:02x}", fmt::join(std::span(bytes).first(size), ""));
}

}  // namespace portcullis::suite
