// This process's folder in memory, and what killed processes left behind.
#include "harness/suite/memory_folder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <string>

#include "harness/suite/scratch.h"

namespace portcullis::suite {
namespace {

namespace fs = std::filesystem;

class MemoryFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/dev/shm/portcullis-test-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) GTEST_SKIP() << "no /dev/shm here";
    below_ = pattern;
    if (!MemoryFolder(below_)) GTEST_SKIP() << "/dev/shm is not in memory, or full";
  }
  void TearDown() override {
    std::error_code ignored;
    if (!below_.empty()) fs::remove_all(below_, ignored);
  }

  // Another process with a folder of its own and a file in it; it waits to be killed.
  pid_t Start(fs::path& folder) const {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    const pid_t process = fork();
    if (process == 0) {
      const fs::path elsewhere = below_ / ".";  // another name: not what the parent has
      const std::string made = MemoryFolder(elsewhere).value_or("").string();
      std::ofstream(fs::path(made) / "record") << "left";
      static_cast<void>(!write(ends[1], made.data(), made.size()));
      pause();
      _exit(0);
    }
    std::array<char, 4096> text{};
    const ssize_t size = read(ends[0], text.data(), text.size());
    for (const int end : ends) close(end);
    folder = std::string(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return process;
  }
  static void Kill(pid_t process) {
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
  }

  fs::path below_;
};

TEST_F(MemoryFolderTest, IsOneForTheProcess) {
  const auto folder = MemoryFolder(below_);
  ASSERT_TRUE(folder);
  EXPECT_TRUE(fs::is_directory(*folder));
  EXPECT_EQ(folder->parent_path(), below_);
  EXPECT_EQ(MemoryFolder(below_), folder);
}

TEST_F(MemoryFolderTest, RemovesThatOfAKilledProcessAndNoOther) {
  fs::path of_living, of_killed;
  const pid_t living = Start(of_living);
  const pid_t killed = Start(of_killed);
  ASSERT_TRUE(fs::exists(of_living / "record"));
  Kill(killed);
  EXPECT_TRUE(fs::exists(of_killed / "record"))
      << "nothing is left behind: this test shows nothing";
  MemoryFolder(below_ / "./.");  // under another name, it looks anew
  EXPECT_FALSE(fs::exists(of_killed));
  EXPECT_TRUE(fs::exists(of_living / "record"));
  EXPECT_TRUE(fs::exists(*MemoryFolder(below_)));
  Kill(living);
}

TEST_F(MemoryFolderTest, IsNotOnADisk) { EXPECT_FALSE(MemoryFolder("/proc")); }

TEST_F(MemoryFolderTest, AFolderOfACaseIsInItUnlessTmpdirSaysWhere) {
  const char* tmpdir = std::getenv("TMPDIR");
  const std::string before = tmpdir == nullptr ? "" : tmpdir;
  setenv("TMPDIR", below_.c_str(), 1);
  EXPECT_EQ(ScratchFolder(Place::kMemory).path().parent_path(), below_);
  unsetenv("TMPDIR");
  EXPECT_EQ(ScratchFolder(Place::kMemory).path().parent_path(), *MemoryFolder());
  EXPECT_EQ(ScratchFolder(Place::kTemporary).path().parent_path(), fs::temp_directory_path());
  if (tmpdir != nullptr) setenv("TMPDIR", before.c_str(), 1);
}

}  // namespace
}  // namespace portcullis::suite
