// What waits on disk comes back whole, and leaves no file.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "harness/report/spool.h"
#include "src/base/error.h"

namespace portcullis::report {
namespace {

TEST(Spool, GivesBackWhatWasPut) {
  Spool spool(3);
  const std::string large(3'000'000, 'x');
  const std::string bytes("\0\xff\n", 3);
  spool.Put(2, large);
  spool.Put(0, bytes);
  EXPECT_TRUE(spool.Has(2));
  EXPECT_FALSE(spool.Has(1));
  EXPECT_EQ(spool.Get(0), bytes);
  EXPECT_EQ(spool.Get(2), large);
  EXPECT_EQ(spool.Get(0), bytes) << "again";
}

TEST(Spool, HasNoName) {
  std::string folder = testing::TempDir() + "portcullis-spool-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  setenv("TMPDIR", folder.c_str(), 1);
  {
    Spool spool(1);
    spool.Put(0, "text");
    EXPECT_TRUE(std::filesystem::is_empty(folder));
  }
  std::filesystem::remove_all(folder);
  try {
    Spool spool(1);  // temp_directory_path() refuses a folder that is not there: /tmp it is
    spool.Put(0, "text");
    EXPECT_EQ(spool.Get(0), "text");
  } catch (const CannotRun& error) {
    ADD_FAILURE() << error.what();
  }
  if (before == nullptr) {
    unsetenv("TMPDIR");
  } else {
    setenv("TMPDIR", kept.c_str(), 1);
  }
}

}  // namespace
}  // namespace portcullis::report
