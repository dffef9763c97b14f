// Stops retagging at every call that changes anything on the disk, and looks at what is there.
#include "src/checkpoint/retag/write.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "tests/unit/checkpoint/golden.h"
#include "tests/unit/checkpoint/retag/in_memory.h"

namespace portcullis::checkpoint {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;
namespace fs = std::filesystem;

// The program ends here: no error, so nothing cleans up after it.
struct Stopped {};

// How a run ends at its last call.
struct Stop {
  int at_call = -1;        // counted from 0; -1: never
  double written = 0;      // of a write in progress, this part, in whole sectors
  bool power_cut = false;  // what was not flushed is lost, and the file not longer for it
};

class StoppingDisk : public Disk {
 public:
  explicit StoppingDisk(Stop stop) : stop_(stop) {}
  int calls() const { return calls_; }

  void Write(int fd, std::uint64_t offset, std::span<const std::uint8_t> bytes) override {
    if (unflushed_.empty()) flushed_size_ = SizeOf(fd);
    Overwritten old{offset, std::vector<std::uint8_t>(bytes.size())};
    static_cast<void>(pread(fd, old.bytes.data(), old.bytes.size(), static_cast<off_t>(offset)));
    if (Now()) {
      Disk::Write(fd, offset, bytes.first(Part(offset, bytes.size())));
      End(fd);
    }
    Disk::Write(fd, offset, bytes);
    unflushed_.push_back(std::move(old));
  }
  void Flush(int fd) override {
    if (Now()) End(fd);
    unflushed_.clear();
    flushed_size_ = SizeOf(fd);
  }
  void Cut(int fd, std::uint64_t size) override {
    if (Now()) End(fd);
    Disk::Cut(fd, size);
    flushed_size_ = size;
  }
  void Copy(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
            std::uint64_t size) override {
    if (Now()) throw Stopped{};
    Disk::Copy(from, from_offset, to, to_offset, size);
  }
  void Rename(const fs::path& half, const fs::path& whole) override {
    if (Now()) throw Stopped{};
    Disk::Rename(half, whole);
  }

 private:
  struct Overwritten {
    std::uint64_t offset = 0;
    std::vector<std::uint8_t> bytes;
  };

  static std::uint64_t SizeOf(int fd) { return static_cast<std::uint64_t>(lseek(fd, 0, SEEK_END)); }

  std::size_t Part(std::uint64_t offset, std::size_t size) const {
    constexpr std::uint64_t kSector = 512;
    const auto whole = static_cast<double>(size);
    const std::uint64_t end = offset + static_cast<std::uint64_t>(stop_.written * whole);
    if (end == offset + size) return size;
    return static_cast<std::size_t>(std::max(end / kSector * kSector, offset) - offset);
  }

  bool Now() { return calls_++ == stop_.at_call; }
  [[noreturn]] void End(int fd) {
    if (stop_.power_cut && !unflushed_.empty()) {
      for (auto old = unflushed_.rbegin(); old != unflushed_.rend(); ++old) {
        Disk::Write(fd, old->offset, old->bytes);
      }
      Disk::Cut(fd, flushed_size_);
    }
    throw Stopped{};
  }

  Stop stop_;
  int calls_ = 0;
  std::uint64_t flushed_size_ = 0;
  std::vector<Overwritten> unflushed_;
};

// Does not wait for the disk.
class QuickDisk : public Disk {
 public:
  void Flush(int) override {}
};

class RetagWriteTest : public testing::Test {
 protected:
  RetagWriteTest() {
    // In memory, where there is such a place: thousands of files are written.
    const fs::path memory = "/dev/shm";
    const fs::path parent = fs::is_directory(memory) ? memory : fs::temp_directory_path();
    std::string name = (parent / "portcullis-retag-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~RetagWriteTest() override { fs::remove_all(folder_); }
  RetagWriteTest(const RetagWriteTest&) = delete;
  RetagWriteTest& operator=(const RetagWriteTest&) = delete;

  fs::path Put(const std::vector<std::uint8_t>& bytes, const std::string& name = "model.pt") const {
    const fs::path path = folder_ / name;
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    return path;
  }

  static void Retag(const fs::path& path, const std::string& device, Disk& disk) {
    const Identity read = Identity::Of(path);
    const auto source = OpenFile(path);
    const RetagPlan plan = PlanRetag(*source, To(device));
    if (!plan.changes.empty()) RetagInPlace(path, read, plan.bytes, disk);
  }
  static void UndoRetag(const fs::path& path, Disk& disk) {
    const Identity read = Identity::Of(path);
    const auto source = OpenFile(path);
    const auto undo = FindUndo(*source);
    ASSERT_TRUE(undo.has_value());
    UndoInPlace(path, read, *undo, disk);
  }

  // Runs `act` on a file of `bytes` once for every call that it makes, and every way to stop there.
  // `look` sees the file after each.
  void StopEverywhere(const std::vector<std::uint8_t>& bytes,
                      const std::function<void(const fs::path&, Disk&)>& act,
                      const std::function<void(const fs::path&)>& look) {
    constexpr double kParts[] = {0, 0.01, 0.5, 0.99, 1};
    StoppingDisk whole(Stop{});
    act(Put(bytes), whole);
    for (int call = 0; call < whole.calls(); ++call) {
      for (const double part : kParts) {
        for (const bool power_cut : {false, true}) {
          const Stop stop{call, part, power_cut};
          SCOPED_TRACE(testing::Message() << "stopped at call " << call << " of " << whole.calls()
                                          << ", " << part << " written, power cut " << power_cut);
          const fs::path path = Put(bytes);
          StoppingDisk disk(stop);
          EXPECT_THROW(act(path, disk), Stopped);
          look(path);
        }
      }
    }
  }

  fs::path folder_;
};

// A file of its own for each way of writing: a short tail; one beyond the reach of readers; one
// with an archive in it; files that are rewritten.
std::vector<std::pair<std::string, std::vector<std::uint8_t>>> Kinds() {
  const std::string one = PickleText().Tensor("0", "cuda:0", 4).Done();
  ZipShape shape;
  shape.zip64 = true;
  shape.descriptors = true;
  const std::vector<ZipPart> weights = {{"m/data/0", std::string(16, 'w')}};
  return {
      {"short", ReadBytes(Golden("zip-cuda0.pt"))},
      {"long", AsBytes(TorchZip(one + std::string(150'000, '#'), weights, shape))},
      {"long, without zip64", AsBytes(TorchZip(one + std::string(150'000, '#'), weights))},
      {"misleading", AsBytes(TorchZip(one + "PK\x05\x06" + std::string(30, '#'), weights, shape))},
      {"program", ReadBytes(Golden("exported-program.pt2"))},
      {"module", ReadBytes(Golden("torchscript-traced.pt"))},
      {"legacy", ReadBytes(Golden("legacy-cuda0.pt"))},
      {"pickle", ReadBytes(Golden("plain-protocol4.pkl"))}};
}

TEST_F(RetagWriteTest, AnyStopLeavesTheOldCheckpointOrTheNewOne) {
  for (const auto& [name, bytes] : Kinds()) {
    SCOPED_TRACE(name);
    const auto old_tags = TagsOf(bytes);
    QuickDisk disk;
    const fs::path done = Put(bytes, "done.pt");
    Retag(done, "cpu", disk);
    const auto new_tags = TagsOf(ReadBytes(done));
    ASSERT_NE(new_tags, old_tags);
    bool old_seen = false;
    StopEverywhere(
        bytes, [](const fs::path& path, Disk& stopping) { Retag(path, "cpu", stopping); },
        [&](const fs::path& path) {
          const auto found = TagsOf(ReadBytes(path));
          EXPECT_TRUE(found == old_tags || found == new_tags);
          old_seen = old_seen || found == old_tags;
          Retag(path, "cpu", disk);
          EXPECT_EQ(TagsOf(ReadBytes(path)), new_tags) << "done again";
          UndoRetag(path, disk);
          EXPECT_TRUE(ReadBytes(path) == bytes) << "done again, and undone";
        });
    EXPECT_TRUE(old_seen);
  }
}

TEST_F(RetagWriteTest, AnyStopOfUndoLeavesTheOldCheckpointOrTheNewOne) {
  for (const auto& [name, bytes] : Kinds()) {
    SCOPED_TRACE(name);
    QuickDisk disk;
    const fs::path done = Put(bytes, "done.pt");
    Retag(done, "cpu", disk);
    const auto new_bytes = ReadBytes(done);
    StopEverywhere(
        new_bytes, [](const fs::path& path, Disk& stopping) { UndoRetag(path, stopping); },
        [&](const fs::path& path) {
          const auto found = ReadBytes(path);
          EXPECT_TRUE(found == bytes || found == new_bytes);
        });
  }
}

// Refuses one call, as a full disk does.
class RefusingDisk : public Disk {
 public:
  explicit RefusingDisk(int at_write) : left_(at_write) {}
  void Write(int fd, std::uint64_t offset, std::span<const std::uint8_t> bytes) override {
    if (left_-- == 0) {
      Disk::Write(fd, offset, bytes.first(bytes.size() / 2));
      throw CannotRun("injected: No space left on device");
    }
    Disk::Write(fd, offset, bytes);
  }

 private:
  int left_;
};

TEST_F(RetagWriteTest, WithoutSpaceTheFileIsAsItWas) {
  for (const auto& [name, bytes] : Kinds()) {
    SCOPED_TRACE(name);
    for (int write = 0; write < 2; ++write) {
      const fs::path path = Put(bytes);
      RefusingDisk disk(write);
      EXPECT_THAT([&] { Retag(path, "cpu", disk); },
                  ThrowsMessage<CannotRun>(HasSubstr("No space left on device")));
      EXPECT_EQ(ReadBytes(path), bytes);
      EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "nothing is left behind";
    }
  }
}

// Somebody else does something to the file while it is retagged.
class MeddlingDisk : public Disk {
 public:
  explicit MeddlingDisk(std::function<void()> meddle) : meddle_(std::move(meddle)) {}
  void Flush(int fd) override {
    Disk::Flush(fd);
    if (meddle_ != nullptr) std::exchange(meddle_, nullptr)();
  }
  void Copy(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
            std::uint64_t size) override {
    Disk::Copy(from, from_offset, to, to_offset, size);
    if (meddle_ != nullptr) std::exchange(meddle_, nullptr)();
  }

 private:
  std::function<void()> meddle_;
};

TEST_F(RetagWriteTest, AFileThatChangesMeanwhileIsLeftAlone) {
  for (const auto& [name, bytes] : Kinds()) {
    SCOPED_TRACE(name);
    const auto other = ReadBytes(Golden("zip-two-devices.pt"));
    const fs::path path = Put(bytes);
    MeddlingDisk disk([&] {
      Put(other, "other.pt");
      fs::rename(folder_ / "other.pt", path);
    });
    EXPECT_THAT([&] { Retag(path, "cpu", disk); },
                ThrowsMessage<CannotRun>(HasSubstr("changed by another program")));
    EXPECT_EQ(ReadBytes(path), other);
  }
}

TEST_F(RetagWriteTest, AFileThatChangedSinceItWasReadIsLeftAlone) {
  for (const auto& [name, bytes] : Kinds()) {
    SCOPED_TRACE(name);
    const fs::path path = Put(bytes);
    const Identity read = Identity::Of(path);
    const auto source = OpenFile(path);
    const RetagPlan plan = PlanRetag(*source, To("cpu"));
    auto longer = bytes;
    longer.push_back(0);
    Put(longer);
    QuickDisk disk;
    EXPECT_THAT([&] { RetagInPlace(path, read, plan.bytes, disk); },
                ThrowsMessage<CannotRun>(HasSubstr("changed by another program")));
    EXPECT_EQ(ReadBytes(path), longer);
  }
}

TEST_F(RetagWriteTest, ASparseFileStaysSparse) {
  const fs::path path = folder_ / "sparse";
  constexpr std::uint64_t kSize = 64 << 20;
  const OpenedFile from(path, O_RDWR | O_CREAT, 0600);
  const OpenedFile to(folder_ / "copy", O_RDWR | O_CREAT, 0600);
  Disk disk;
  const auto text = AsBytes("weights");
  disk.Write(from.fd(), 32 << 20, text);
  disk.Cut(from.fd(), kSize);
  disk.Copy(from.fd(), 100, to.fd(), 50, kSize - 100);
  EXPECT_EQ(to.Status().st_size, static_cast<off_t>(kSize - 50));
  EXPECT_LT(to.Status().st_blocks * 512, 1 << 20);
  std::vector<std::uint8_t> found(text.size());
  ASSERT_EQ(pread(to.fd(), found.data(), found.size(), (32 << 20) - 50), ssize_t{7});
  EXPECT_EQ(found, text);
}

}  // namespace
}  // namespace portcullis::checkpoint
