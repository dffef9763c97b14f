// Files made to exhaust time or memory: a clear answer within 100 ms and 64 MiB. Each is read in a
// child of its own, whose peak memory the kernel counts.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "src/checkpoint/read.h"
#include "tests/unit/checkpoint/build.h"

namespace portcullis::checkpoint {
namespace {

using testing::HasSubstr;

// Sanitizers multiply both; the limits are for programs as they are shipped.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasured = false;  // GCC
#elif defined(__has_feature)
constexpr bool kMeasured = !__has_feature(address_sanitizer);  // Clang
#else
constexpr bool kMeasured = true;
#endif
constexpr double kMostSeconds = 0.1;
constexpr long kMostKiB = 65'536;

struct Outcome {
  std::string text;    // the error, or "read: N tensors, M tags"
  double seconds = 0;  // of processor time: other programs may be running
  long grown_kib = 0;  // peak memory beyond what the child began with
};

long ResidentKiB() {
  long total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::string TryToRead(const std::string& path) {
  try {
    const DeviceMap map = ReadDeviceMap(std::filesystem::path(path));
    return fmt::format("read: {} tensors, {} tags", map.tensors.size(), map.tags.size());
  } catch (const CheckpointError& error) {
    return error.what();
  }
}

Outcome ReadInChild(const std::string& bytes) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / fmt::format("hostile-{}.pt", getpid());
  std::ofstream(path, std::ios::binary) << bytes;
  int answer[2] = {};
  EXPECT_EQ(pipe(answer), 0);
  const pid_t child = fork();
  if (child == 0) {
    const long before = ResidentKiB();
    const std::string text = TryToRead(path.string());
    const std::string line = fmt::format("{} {}", before, text);
    const ssize_t written = write(answer[1], line.data(), line.size());
    _exit(written == static_cast<ssize_t>(line.size()) ? 0 : 1);
  }
  close(answer[1]);
  std::string line(4096, '\0');
  const ssize_t got = read(answer[0], line.data(), line.size());
  close(answer[0]);
  int status = 0;
  struct rusage usage = {};
  wait4(child, &status, 0, &usage);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  std::filesystem::remove(path);
  line.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  std::istringstream parts(line);
  Outcome outcome;
  long before = 0;
  parts >> before;
  parts.ignore(1);
  outcome.text.assign(std::istreambuf_iterator<char>(parts), {});
  outcome.grown_kib = usage.ru_maxrss - before;
  outcome.seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  return outcome;
}

void ExpectCheap(const std::string& bytes, const std::string& answer) {
  Outcome outcome = ReadInChild(bytes);
  // A cold page or a busy neighbour costs processor time now and then; the file costs it each time.
  for (int i = 0; i < 9 && outcome.seconds >= kMostSeconds; ++i) outcome = ReadInChild(bytes);
  EXPECT_THAT(outcome.text, HasSubstr(answer));
  if (!kMeasured) return;
  EXPECT_LT(outcome.seconds, kMostSeconds);
  EXPECT_LT(outcome.grown_kib, kMostKiB);
}

std::string Repeat(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

constexpr std::size_t kMillion = 1'000'000;

// --- lengths ---

TEST(ClaimedLength, OfTextIsComparedWithWhatIsThere) {
  for (const char* opcode : {"\x8d", "\x8e", "\x96"}) {
    const std::uint64_t claims[] = {1ULL << 63, ~0ULL, 1ULL << 40};
    for (const std::uint64_t claim : claims) {
      ExpectCheap(TorchZip(PickleText(4).Raw(opcode).Raw(Little(claim, 8)).Raw("abc").Done()),
                  "m/data.pkl: at byte 11: found 4 bytes left");
    }
  }
}

TEST(ClaimedLength, OfFramesLongsAndLines) {
  ExpectCheap(TorchZip(PickleText(4).Raw("\x95").Raw(Little(1ULL << 63, 8)).Done()),
              "expected 9223372036854775808 bytes of frame");
  ExpectCheap(TorchZip(PickleText(2).Raw("\x8b").Raw(Little(0x7fffffff, 4)).Done()), "bytes left");
  ExpectCheap(TorchZip(PickleText(2).Raw("c").Raw(std::string(200'000, 'a')).Done()),
              "no end of line within 65536 bytes");
}

TEST(ClaimedLength, OfMemoEntries) {
  ExpectCheap(TorchZip(PickleText(2).Raw("Nr").Raw(Little(0xffffffff, 4)).Done()),
              "read: 0 tensors");
}

TEST(ClaimedLength, OfStorages) {
  std::string pickle = PickleText(2)
                           .Raw("(")
                           .Text("storage")
                           .Global("torch", "DoubleStorage")
                           .Text("0")
                           .Text("cuda:0")
                           .Raw("\x8a\x08")
                           .Raw(Little((1ULL << 63) - 1, 8))
                           .Raw("tQ")
                           .Done();
  ExpectCheap(TorchZip(pickle), "found a storage of 9223372036854775807 elements");
}

TEST(ClaimedLength, OfZipDirectories) {
  ZipShape entries;
  entries.zip64 = true;
  entries.claimed_entries = 1ULL << 62;
  ExpectCheap(TorchZip(PickleText().Raw("N").Done(), {}, entries), "entries in a directory of");
  ZipShape size;
  size.zip64 = true;
  size.claimed_directory_size = 1ULL << 63;
  ExpectCheap(TorchZip(PickleText().Raw("N").Done(), {}, size), "found ");
}

TEST(ClaimedLength, OfSafetensorsHeaders) {
  ExpectCheap(Little(99'000'000, 8) + "{\"a\":1}", "bytes left, expected 99000000 bytes");
}

// --- bombs ---

TEST(ZipBomb, ThatSaysItsSizeIsNotInflated) {
  std::vector<ZipPart> parts = {{"m/data.pkl", std::string(64 * kMillion, 'N'), true},
                                {"m/version", "3\n"}};
  ExpectCheap(Zip(parts), "bytes that inflate to 64000000, expected at most");
}

TEST(ZipBomb, ThatHidesItsSizeStopsThere) {
  ZipPart bomb = {"m/data.pkl", std::string(64 * kMillion, 'N'), true};
  bomb.claimed_size = 100'000;
  ExpectCheap(Zip({bomb, {"m/version", "3\n"}}), "deflated data that ends or breaks");
}

TEST(ZipBomb, WithinTheLimitsIsBoundedByItsValues) {
  for (const char opcode : {'N', ']', '(', ')', '}'}) {
    const std::string pickle = "\x80\x02" + std::string(12 * kMillion, opcode) + ".";
    ExpectCheap(Zip({{"m/data.pkl", pickle, true}, {"m/version", "3\n"}}), "m/data.pkl: at byte");
  }
}

// --- nesting and loops ---

std::string NestedLists(std::size_t depth) {
  return "\x80\x02" + std::string(depth, ']') + std::string(depth - 1, 'a') + ".";
}

TEST(DeepNesting, IsReadWithoutRecursion) {
  ExpectCheap(TorchZip(NestedLists(kMillion / 5)), "read: 0 tensors");
  ExpectCheap(TorchZip("\x80\x02]" + Repeat("\x85", kMillion / 5) + "."), "read: 0 tensors");
}

TEST(DeepNesting, BeyondTheBudgetIsRefused) {
  ExpectCheap(TorchZip(NestedLists(4 * kMillion)), "found a pickle whose values need more than");
  ExpectCheap(TorchZip("\x80\x02]" + Repeat("\x85", 4 * kMillion) + "."),
              "found a pickle whose values need more than");
  ExpectCheap(TorchZip("\x80\x02" + Repeat("(", 4 * kMillion) + "."),
              "STOP with nothing to work on");
}

TEST(DeepNesting, OfReductions) {
  ExpectCheap(TorchZip("\x80\x02"
                       "ccollections\nOrderedDict\nq\x01" +
                       Repeat("\x85h\x01\x85R", kMillion / 2) + "."),
              "m/data.pkl");
}

TEST(DeepNesting, OfJson) {
  const std::string json = "{\"a\":" + std::string(kMillion, '[');
  ExpectCheap(Little(json.size(), 8) + json, "found JSON nested 256 deep");
}

TEST(MemoLoop, ThatContainsItself) {
  ExpectCheap(TorchZip("\x80\x02]q\x01h\x01"
                       "a."),
              "read: 0 tensors");
  ExpectCheap(TorchZip("\x80\x02}q\x01(h\x01h\x01u."), "read: 0 tensors");
}

TEST(MemoLoop, ThatDoublesAtEachLevel) {
  std::string pickle = PickleText().Tensor("0", "cuda:0", 1).Raw("q\x01").Done();
  pickle.pop_back();
  for (int i = 0; i < 64; ++i) pickle += "h\x01\x86q\x01" + std::string("h\x01");
  ExpectCheap(TorchZip(pickle + "\x86.", {{"m/data/0", "abcd"}}), "read: ");
}

TEST(MemoLoop, ThatRepeatsALongName) {
  std::string pickle = PickleText().Text(std::string(1000, 'n')).Raw("q\x01").Done();
  pickle.pop_back();
  pickle += "0" + PickleText()
                      .Tensor("0", "cuda:0", 1)
                      .Raw(
                          "q\x02"
                          "0}(")
                      .Done()
                      .substr(2);
  pickle.pop_back();
  ExpectCheap(TorchZip(pickle + Repeat("h\x01h\x02", kMillion / 4) + "u.", {{"m/data/0", "abcd"}}),
              "found a pickle whose names need more than");
}

}  // namespace
}  // namespace portcullis::checkpoint
