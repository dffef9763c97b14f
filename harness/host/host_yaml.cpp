#include "harness/host/host_yaml.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/host/fault_text.h"
#include "harness/host/fault_words.h"
#include "src/base/error.h"
#include "src/base/names.h"
#include "src/base/yaml.h"

namespace portcullis::host {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array kSizes = {Unit{"", 1}, Unit{" KiB", 1ULL << 10}, Unit{" MiB", 1ULL << 20},
                               Unit{" GiB", 1ULL << 30}};
constexpr std::array kClocks = {Unit{" MHz", 1000}};
constexpr std::array kWidths = {Unit{" bits", 1}};
constexpr std::array kCounts = {Unit{"", 1}};

// "16 GiB" and the like: a whole number above 0 and one of `units`.
std::uint64_t Quantity(const YamlValue& value, std::span<const Unit> units, std::uint64_t largest,
                       const std::string& expected) {
  const std::string text = value.Text();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : units) {
    if (error == std::errc{} && rest == unit.name && number > 0 &&
        number <= largest / unit.factor) {
      return number * unit.factor;
    }
  }
  value.Fail(value.Found(), expected);
}

int SmallQuantity(const YamlValue& value, std::span<const Unit> units,
                  const std::string& expected) {
  return static_cast<int>(Quantity(value, units, std::numeric_limits<int>::max(), expected));
}

std::uint64_t Memory(const YamlValue& value) {
  constexpr std::uint64_t kLargest = 1ULL << 50;  // a petabyte: a slip, not a GPU
  return Quantity(value, kSizes, kLargest, "bytes, or a size like '16 GiB'");
}

// "9.0" → {9, 0}.
std::pair<int, int> Version(const YamlValue& value, const std::string& expected) {
  const std::string text = value.Text();
  const char* const end = text.data() + text.size();
  std::uint8_t major = 0;
  std::uint8_t minor = 0;
  const auto dot = std::from_chars(text.data(), end, major);
  if (dot.ec == std::errc{} && dot.ptr != end && *dot.ptr == '.') {
    const auto last = std::from_chars(dot.ptr + 1, end, minor);
    if (last.ec == std::errc{} && last.ptr == end) return {major, minor};
  }
  value.Fail(value.Found(), expected);
}

// As cudaDriverGetVersion counts (CUDA Runtime API 13.0, "Version Management"): 1000 a major
// version and 10 a minor one.
int DriverVersion(const YamlValue& value) {
  if (value.IsScalar() && value.Text() == "absent") return 0;
  const auto [major, minor] = Version(value, "'absent' or a CUDA version like \"13.0\"");
  return 1000 * major + 10 * minor;
}

std::string NotEmpty(const YamlValue& value, std::size_t longest) {
  std::string text = value.Text();
  if (text.empty() || text.size() > longest) {
    value.Fail(fmt::format("{} bytes", text.size()), fmt::format("text of 1 to {} bytes", longest));
  }
  return text;
}

std::string Uuid(const YamlValue& value) {
  static constexpr std::string_view kForm = "GPU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto fits = [&](char found, char form) {
    return form == 'x' ? kDigits.find(found) != std::string_view::npos : found == form;
  };
  std::string text = value.Text();
  if (!std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), fits)) {
    value.Fail(value.Found(), "a UUID like 'GPU-8a3f01c2-0000-4000-8000-000000000000'");
  }
  return text;
}

Profile KnownProfile(const YamlValue& value, const Profiles& profiles) {
  const std::string name = value.Text();
  if (const Profile* found = profiles.Find(name)) return *found;
  value.Fail(UnknownName("profile", name, profiles.Names()));
}

simcuda::DeviceState State(const YamlValue& value) {
  using simcuda::DeviceState;
  static const std::map<std::string, DeviceState> kStates = {
      {"healthy", DeviceState::kHealthy},     {"busy", DeviceState::kBusy},
      {"exclusive", DeviceState::kExclusive}, {"prohibited", DeviceState::kProhibited},
      {"lost", DeviceState::kLost},
  };
  const auto found = kStates.find(value.Text());
  if (found != kStates.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, state] : kStates) names.push_back(name);
  value.Fail(UnknownName("state", value.Text(), names));
}

// A GPU is the name of a profile, or a map that changes something of one.
Gpu ReadGpu(const YamlValue& value, const Profiles& profiles, const std::string& derived_uuid) {
  if (value.IsScalar()) return Gpu{KnownProfile(value, profiles), derived_uuid};
  if (!value.IsMap()) value.Fail(value.Found(), "a profile's name, or a map with 'profile'");
  value.OnlyKeys({"profile", "memory", "uuid", "state", "used"});
  Gpu gpu{KnownProfile(value.Key("profile"), profiles), derived_uuid};
  if (const auto memory = value.Find("memory")) gpu.profile.memory_bytes = Memory(*memory);
  if (const auto uuid = value.Find("uuid")) gpu.uuid = Uuid(*uuid);
  if (const auto state = value.Find("state")) gpu.state = State(*state);
  if (const auto used = value.Find("used")) gpu.used_bytes = Memory(*used);
  if (gpu.used_bytes > gpu.profile.memory_bytes) {
    value.Key("used").Fail(value.Key("used").Found(), "no more than the GPU's memory");
  }
  return gpu;
}

std::vector<Gpu> ReadGpus(const YamlValue& value, const Profiles& profiles,
                          const std::string& host) {
  if (!value.IsList()) value.Fail(value.Found(), "a list of GPUs, such as [h200, h200] or []");
  const std::vector<YamlValue> items = value.Items();
  if (items.size() > simcuda::kMaxDevices) {
    value.Fail(fmt::format("{} GPUs", items.size()),
               fmt::format("at most {}", simcuda::kMaxDevices));
  }
  std::vector<Gpu> gpus;
  std::set<std::string> uuids;
  for (const YamlValue& item : items) {
    gpus.push_back(ReadGpu(item, profiles, DerivedUuid(host, gpus.size())));
    if (!uuids.insert(gpus.back().uuid).second) {
      item.Fail(fmt::format("the UUID {} stands twice", gpus.back().uuid));
    }
  }
  return gpus;
}

int StartError(const YamlValue& value) {
  const std::optional<int> code = FindErrorCode(value.Text());
  if (!code) value.Fail(UnknownName("error", value.Text(), KnownErrors()));
  return *code;
}

std::vector<simcuda::FaultRule> ReadFaults(const YamlValue& value) {
  const std::vector<YamlValue> items = value.Items();
  if (items.size() > simcuda::kMaxFaultRules) {
    value.Fail(fmt::format("{} faults", items.size()),
               fmt::format("at most {}", simcuda::kMaxFaultRules));
  }
  std::vector<simcuda::FaultRule> rules;
  for (const YamlValue& item : items) {
    try {
      rules.push_back(ParseFault(item.Text()));
    } catch (const UsageError& error) {
      item.Fail(error.what());
    }
  }
  return rules;
}

}  // namespace

std::string DerivedUuid(const std::string& host, std::size_t index) {
  const std::string seed = fmt::format("{}/{}", host, index);
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  std::array<unsigned char, EVP_MAX_MD_SIZE> first{};
  EVP_Digest(seed.data(), seed.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
  EVP_Digest(host.data(), host.size(), first.data(), nullptr, EVP_sha256(), nullptr);
  constexpr std::size_t kStep = 37;  // odd: 256 indices give 256 first bytes
  hash[0] = static_cast<unsigned char>((first[0] + kStep * index) & 0xFF);
  hash[6] = static_cast<unsigned char>((hash[6] & 0x0F) | 0x40);  // RFC 9562: version 4
  hash[8] = static_cast<unsigned char>((hash[8] & 0x3F) | 0x80);  // RFC 9562: variant
  std::string text = "GPU-";
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", hash[i]);
  }
  return text;
}

Profile ReadProfile(const std::filesystem::path& file) {
  const YamlValue yaml = YamlValue::Load(file);
  yaml.OnlyKeys({"name", "memory", "compute", "multiprocessors", "threads_per_multiprocessor", "l2",
                 "clock", "memory_clock", "memory_bus"});
  constexpr std::size_t kLongestName = sizeof(simcuda::DeviceDescription::name) - 1;
  Profile profile;
  profile.id = file.stem().string();
  profile.name = NotEmpty(yaml.Key("name"), kLongestName);
  profile.memory_bytes = Memory(yaml.Key("memory"));
  std::tie(profile.compute_major, profile.compute_minor) =
      Version(yaml.Key("compute"), "a compute capability like \"9.0\"");
  profile.multiprocessors = SmallQuantity(yaml.Key("multiprocessors"), kCounts, "a count");
  profile.max_threads_per_multiprocessor =
      SmallQuantity(yaml.Key("threads_per_multiprocessor"), kCounts, "a count");
  profile.l2_bytes = SmallQuantity(yaml.Key("l2"), kSizes, "bytes, or a size like '50 MiB'");
  profile.clock_khz = SmallQuantity(yaml.Key("clock"), kClocks, "a clock like '1980 MHz'");
  profile.memory_clock_khz =
      SmallQuantity(yaml.Key("memory_clock"), kClocks, "a clock like '2619 MHz'");
  profile.memory_bus_bits =
      SmallQuantity(yaml.Key("memory_bus"), kWidths, "a width like '5120 bits'");
  return profile;
}

Host ReadHost(const std::filesystem::path& file, const Profiles& profiles) {
  const YamlValue yaml = YamlValue::Load(file);
  yaml.OnlyKeys({"about", "driver", "start_error", "gpus", "mask", "faults"});
  Host host;
  host.name = file.stem().string();
  host.about = yaml.Key("about").Text();
  host.driver_version = DriverVersion(yaml.Key("driver"));
  if (const auto error = yaml.Find("start_error")) host.start_error = StartError(*error);
  host.gpus = ReadGpus(yaml.Key("gpus"), profiles, host.name);
  if (const auto mask = yaml.Find("mask")) host.mask = Mask::FromText(mask->Text());
  if (const auto faults = yaml.Find("faults")) host.faults = ReadFaults(*faults);
  return host;
}

}  // namespace portcullis::host
