// What a host file means, and what its errors say.
#include "harness/host/host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <map>
#include <set>

#include "harness/host/host_yaml.h"
#include "src/base/error.h"
#include "tests/unit/scratch.h"

namespace portcullis::host {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;

constexpr char kCard[] =
    "name: Card\nmemory: 2 GiB\ncompute: \"9.0\"\nmultiprocessors: 3\n"
    "threads_per_multiprocessor: 2048\nl2: 4 MiB\nclock: 1000 MHz\n"
    "memory_clock: 2000 MHz\nmemory_bus: 256 bits\n";

class HostFile : public ::testing::Test {
 protected:
  Host Read(const std::string& yaml) {
    scratch_.Write("profiles/card.yaml", kCard);
    return HostLibrary(scratch_.path()).Find(scratch_.Write("elsewhere/mine.yaml", yaml));
  }
  std::string ErrorOf(const std::string& yaml) {
    try {
      Read(yaml);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "no error";
  }
  Scratch scratch_;
};

TEST_F(HostFile, MayBeBroken) {
  const Host host = Read(
      "about: x\ndriver: \"13.0\"\nstart_error: system-not-ready\n"
      "gpus: [{profile: card, state: busy, used: 1 GiB}, {profile: card, state: lost}, card]\n"
      "faults: [\"oom@malloc:2\", \"hang@sync\"]\n");
  EXPECT_EQ(host.start_error, 802);
  EXPECT_EQ(host.gpus.at(0).state, simcuda::DeviceState::kBusy);
  EXPECT_EQ(host.gpus.at(0).used_bytes, 1ULL << 30);
  EXPECT_EQ(host.gpus.at(1).state, simcuda::DeviceState::kLost);
  EXPECT_EQ(host.gpus.at(2).state, simcuda::DeviceState::kHealthy);
  ASSERT_THAT(host.faults, SizeIs(2));
  const simcuda::HostDescription description = Describe(host);
  EXPECT_EQ(description.start_error, 802);
  EXPECT_EQ(description.devices[0].state, simcuda::DeviceState::kBusy);
  EXPECT_EQ(description.devices[0].used_bytes, 1ULL << 30);
  EXPECT_EQ(description.fault_count, 2U);
  EXPECT_STREQ(description.faults[1].text, "hang@sync");
}

TEST_F(HostFile, MistakesInWhatIsBrokenAreTold) {
  const std::string begin = "about: x\ndriver: \"13.0\"\n";
  EXPECT_THAT(ErrorOf(begin + "gpus: [{profile: card, state: bussy}]\n"),
              AllOf(HasSubstr(":3:"), HasSubstr("did you mean 'busy'?")));
  EXPECT_THAT(ErrorOf(begin + "gpus: [{profile: card, used: 3 GiB}]\n"),
              HasSubstr("found '3 GiB', expected no more than the GPU's memory"));
  EXPECT_THAT(ErrorOf(begin + "gpus: []\nstart_error: system-not-redy\n"),
              AllOf(HasSubstr(":4:"), HasSubstr("did you mean 'system-not-ready'?")));
  EXPECT_THAT(ErrorOf(begin + "gpus: []\nfaults: [\"hang@sync\",\n  \"oom@maloc\"]\n"),
              AllOf(HasSubstr(":5:"), HasSubstr("did you mean 'malloc'?")));
  std::string many = "faults: [hang@sync";
  for (std::uint32_t i = 0; i < simcuda::kMaxFaultRules; ++i) many += ", hang@sync";
  EXPECT_THAT(ErrorOf(begin + "gpus: []\n" + many + "]\n"), HasSubstr("at most 32"));
}

TEST(ShippedHosts, AreAllThere) {
  const HostLibrary library(PORTCULLIS_HOSTS);
  EXPECT_THAT(library.Names(), IsSupersetOf({"no-driver", "driver-no-gpu", "1xh200", "2xh200",
                                             "8xh100", "1xt4", "t4-h200", "1xh100", "2xt4",
                                             "2xh200-busy", "2xh200-lost", "driver-mismatch"}));
  EXPECT_THAT(library.Find("8xh100").gpus, SizeIs(8));
  EXPECT_EQ(library.Find("no-driver").driver_version, 0);
  EXPECT_EQ(library.Find("driver-no-gpu").driver_version, 13000);
  EXPECT_THAT(library.Find("driver-no-gpu").gpus, SizeIs(0));
  const Host different = library.Find("t4-h200");
  EXPECT_EQ(different.gpus.at(0).profile.id, "t4");
  EXPECT_EQ(different.gpus.at(1).profile.id, "h200");
  EXPECT_FALSE(different.mask.value.has_value());
}

// Data sheets give capacity and bandwidth; a slip in a profile's figures shows against them.
TEST(ShippedHosts, ProfilesAgreeWithDataSheets) {
  struct Sheet {
    double gigabytes, gigabytes_per_second;
  };
  const std::map<std::string, Sheet> sheets = {
      {"h200", {141, 4800}}, {"h100", {80, 3350}}, {"a100", {80, 2039}},    {"t4", {16, 320}},
      {"v100", {16, 900}},   {"l4", {24, 300}},    {"rtx4090", {24, 1008}}, {"b200", {180, 8000}}};
  for (const auto& [id, sheet] : sheets) {
    const Profile profile =
        ReadProfile(std::filesystem::path(PORTCULLIS_HOSTS) / "profiles" / (id + ".yaml"));
    const double gigabytes = static_cast<double>(profile.memory_bytes) / 1e9;
    const double bandwidth = 2.0 * profile.memory_clock_khz * profile.memory_bus_bits / 8 / 1e6;
    EXPECT_NEAR(gigabytes, sheet.gigabytes, 0.08 * sheet.gigabytes) << id;
    EXPECT_NEAR(bandwidth, sheet.gigabytes_per_second, 0.05 * sheet.gigabytes_per_second) << id;
  }
}

TEST(ShippedHosts, UuidsAreDistinctInTheirFirstDigits) {
  const HostLibrary library(PORTCULLIS_HOSTS);
  for (const std::string& name : library.Names()) {
    const Host host = library.Find(name);
    std::set<std::string> prefixes;
    for (const Gpu& gpu : host.gpus) prefixes.insert(gpu.uuid.substr(0, std::strlen("GPU-8a")));
    EXPECT_THAT(prefixes, SizeIs(host.gpus.size())) << name;
  }
}

TEST(DerivedUuids, AreTheSameEveryTimeAndDifferByHost) {
  EXPECT_EQ(DerivedUuid("2xh200", 1), DerivedUuid("2xh200", 1));
  EXPECT_NE(DerivedUuid("2xh200", 1), DerivedUuid("2xt4", 1));
  std::set<std::string> prefixes;
  for (std::size_t i = 0; i < simcuda::kMaxDevices; ++i) {
    prefixes.insert(DerivedUuid("h", i).substr(0, 6));
  }
  EXPECT_THAT(prefixes, SizeIs(simcuda::kMaxDevices));
}

TEST(HostNames, NearestIsSuggested) {
  try {
    HostLibrary(PORTCULLIS_HOSTS).Find("2xh20");
    FAIL() << "found a host that does not exist";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("unknown host '2xh20'; did you mean '2xh200'?"));
  }
}

TEST(HostNames, MissingFolderIsNamed) { EXPECT_THROW(HostLibrary("/no/such/folder"), CannotRun); }

TEST_F(HostFile, ProfileByNameAndChanged) {
  const Host host = Read(
      "about: mine\ndriver: 12.4\nmask: \"1,0\"\ngpus:\n- card\n"
      "- {profile: card, memory: 4 GiB, uuid: GPU-01234567-89ab-cdef-0123-456789abcdef}\n");
  EXPECT_EQ(host.name, "mine");
  EXPECT_EQ(host.driver_version, 12040);
  EXPECT_EQ(host.mask, Mask{"1,0"});
  EXPECT_EQ(host.gpus.at(0).profile.memory_bytes, 2ULL << 30);
  EXPECT_EQ(host.gpus.at(0).uuid, DerivedUuid("mine", 0));
  EXPECT_EQ(host.gpus.at(1).profile.memory_bytes, 4ULL << 30);
  EXPECT_EQ(host.gpus.at(1).uuid, "GPU-01234567-89ab-cdef-0123-456789abcdef");
}

TEST_F(HostFile, MaskUnsetAndEmptyAreTwoThings) {
  const std::string head = "about: x\ndriver: absent\ngpus: []\n";
  EXPECT_EQ(Read(head).mask.Text(), "unset");
  EXPECT_EQ(Read(head + "mask: unset\n").mask.Text(), "unset");
  EXPECT_EQ(Read(head + "mask: \"\"\n").mask.Text(), "empty");
  EXPECT_EQ(Read(head + "mask: empty\n").mask.Text(), "empty");
  EXPECT_EQ(Read(head + "mask: -1\n").mask.Text(), "-1");
}

struct BadHost {
  const char* name;
  const char* yaml;
  const char* where;
  const char* error;
};
void PrintTo(const BadHost& bad, std::ostream* out) { *out << bad.name; }
class BadHostFile : public HostFile, public ::testing::WithParamInterface<BadHost> {};

TEST_P(BadHostFile, ErrorNamesPlaceFoundAndExpected) {
  const std::string error = ErrorOf(GetParam().yaml);
  EXPECT_THAT(error, AllOf(HasSubstr(std::string("mine.yaml:") + GetParam().where),
                           HasSubstr(GetParam().error)));
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadHostFile,
    ::testing::Values(
        BadHost{"UnknownKey", "about: x\ndriver: absent\ngpu: []\n", "3:1",
                "unknown key 'gpu'; did you mean 'gpus'?"},
        BadHost{"MissingKey", "about: x\ndriver: absent\n", "1:1", "the key 'gpus' is missing"},
        BadHost{"KeyTwice", "about: x\ndriver: absent\ndriver: absent\ngpus: []\n", "3:1",
                "stands twice"},
        BadHost{"DriverWord", "about: x\ndriver: none\ngpus: []\n", "2:9",
                "found 'none', expected 'absent' or"},
        BadHost{"DriverWithoutMinor", "about: x\ndriver: 13\ngpus: []\n", "2:9",
                "found '13', expected 'absent' or"},
        BadHost{"DriverNothing", "about: x\ndriver:\ngpus: []\n", "", "found nothing"},
        BadHost{"GpusNotAList", "about: x\ndriver: absent\ngpus: card\n", "3:7",
                "found 'card', expected a list"},
        BadHost{"UnknownProfile", "about: x\ndriver: absent\ngpus: [kard]\n", "3:8",
                "unknown profile 'kard'; did you mean 'card'?"},
        BadHost{"GpuAList", "about: x\ndriver: absent\ngpus: [[card]]\n", "3:8",
                "found a list, expected a profile's name"},
        BadHost{"GpuWithoutProfile", "about: x\ndriver: absent\ngpus: [{memory: 4 GiB}]\n", "3:8",
                "the key 'profile' is missing"},
        BadHost{"MemoryUnit", "about: x\ndriver: absent\ngpus: [{profile: card, memory: 4 GB}]\n",
                "3:32", "found '4 GB', expected bytes, or a size like '16 GiB'"},
        BadHost{"MemoryTooLarge",
                "about: x\ndriver: absent\ngpus: [{profile: card, memory: 99999999999 GiB}]\n",
                "3:32", "expected bytes"},
        BadHost{"MemoryZero", "about: x\ndriver: absent\ngpus: [{profile: card, memory: 0}]\n",
                "3:32", "found '0'"},
        BadHost{"UuidShort", "about: x\ndriver: absent\ngpus: [{profile: card, uuid: GPU-1}]\n",
                "3:30", "found 'GPU-1', expected a UUID"},
        BadHost{"UuidTwice",
                "about: x\ndriver: absent\ngpus:\n- {profile: card, uuid: "
                "GPU-01234567-89ab-cdef-0123-456789abcdef}\n- {profile: card, uuid: "
                "GPU-01234567-89ab-cdef-0123-456789abcdef}\n",
                "5:3", "stands twice"},
        BadHost{"MaskNothing", "about: x\ndriver: absent\ngpus: []\nmask:\n", "", "found nothing"},
        BadHost{"NotAMap", "[1, 2]\n", "1:1", "found a list, expected a map"},
        BadHost{"NotYaml", "about: [\n", "2:1", "not YAML"}),
    [](const auto& one) { return one.param.name; });

TEST_F(HostFile, TooManyGpus) {
  std::string gpus = "card";
  for (std::uint32_t i = 0; i < simcuda::kMaxDevices; ++i) gpus += ", card";
  EXPECT_THAT(ErrorOf("about: x\ndriver: absent\ngpus: [" + gpus + "]\n"),
              HasSubstr("found 65 GPUs, expected at most 64"));
}

TEST_F(HostFile, BadProfilesNameTheirFile) {
  struct BadProfile {
    const char *good, *bad, *error;
  };
  const BadProfile cases[] = {
      {"memory: 2 GiB", "memory: lots", "bad.yaml:2:9: found 'lots', expected bytes"},
      {"compute: \"9.0\"", "compute: 9", "bad.yaml:3:10: found '9', expected a compute capability"},
      {"clock: 1000 MHz", "clock: 1000", "found '1000', expected a clock like '1980 MHz'"},
      {"multiprocessors: 3", "multiprocessors: -3", "found '-3', expected a count"},
      {"l2: 4 MiB", "l2: 4 GiB", "found '4 GiB', expected bytes, or a size like '50 MiB'"},
      {"name: Card", "name: \"\"", "found 0 bytes, expected text of 1 to 127 bytes"},
  };
  for (const BadProfile& one : cases) {
    std::string yaml = kCard;
    yaml.replace(yaml.find(one.good), std::strlen(one.good), one.bad);
    const std::string file = scratch_.Write("bad.yaml", yaml);
    try {
      ReadProfile(file);
      ADD_FAILURE() << one.bad;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr(one.error));
    }
  }
}

TEST_F(HostFile, DescriptionCarriesEveryField) {
  const Host host = Read(
      "about: x\ndriver: \"13.1\"\ngpus:\n- card\n"
      "- {profile: card, memory: 4 GiB, uuid: GPU-01234567-89ab-cdef-0123-456789abcdef}\n");
  const simcuda::HostDescription description = Describe(host);
  EXPECT_EQ(description.magic, simcuda::kHostMagic);
  EXPECT_EQ(description.version, simcuda::kHostVersion);
  EXPECT_EQ(description.driver_version, 13010);
  ASSERT_EQ(description.device_count, 2U);
  const simcuda::DeviceDescription& device = description.devices[1];
  EXPECT_STREQ(device.name, "Card");
  EXPECT_EQ(device.memory_bytes, 4ULL << 30);
  EXPECT_EQ(device.compute_major, 9);
  EXPECT_EQ(device.compute_minor, 0);
  EXPECT_EQ(device.multiprocessors, 3);
  EXPECT_EQ(device.max_threads_per_multiprocessor, 2048);
  EXPECT_EQ(device.l2_bytes, 4 << 20);
  EXPECT_EQ(device.clock_khz, 1'000'000);
  EXPECT_EQ(device.memory_clock_khz, 2'000'000);
  EXPECT_EQ(device.memory_bus_bits, 256);
  EXPECT_EQ(device.pci_bus, 2);
  EXPECT_THAT(device.uuid, ElementsAre(0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23,
                                       0x45, 0x67, 0x89, 0xab, 0xcd, 0xef));
}

}  // namespace
}  // namespace portcullis::host
