#include "server/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "server/exit_codes.h"
#include "storage/data_directory.h"
#include "storage/posix_disk.h"
#include "testing/temp_folder.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

// A folder with an empty data directory in it.
class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    fs::create_directory(folder_ / "data");
    const auto disk = PosixDisk::Open(folder_ / "data");
    EXPECT_TRUE(disk && DataDirectory::Open(**disk, DirectoryId{1}));
    fs::create_directory_symlink(folder_ / "data", folder_ / "link");
  }

  int BackUp(const std::string& from, const std::string& to) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = Backup(folder_ / from, folder_ / to);
    testing::internal::GetCapturedStdout();
    said_ = testing::internal::GetCapturedStderr();
    return code;
  }

  TempFolder folder_;
  std::string said_;
};

TEST_F(BackupTest, RefusesATargetWithinTheDirectory) {
  struct Case {
    const char* why;
    const char* from;
    const char* to;
  };
  const Case cases[] = {
      {"the same", "data", "data"},
      {"within", "data", "data/inside"},
      {"in a part", "data", "data/log/inside"},
      {"by another name", "data", "other/../data/./inside/"},
      {"by a link", "data", "link/inside"},
      {"the link itself", "data", "link"},
      {"from a link", "link", "data/inside"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(BackUp(c.from, c.to), kExitForeign) << c.why;
    EXPECT_THAT(said_, testing::HasSubstr("within the directory")) << c.why;
  }
  EXPECT_FALSE(fs::exists(folder_ / "data/inside"));
}

TEST_F(BackupTest, TakesATargetBesideTheDirectory) {
  EXPECT_EQ(BackUp("data", "data2"), 0) << said_;
  EXPECT_EQ(BackUp("link", "data2"), 0) << said_;
  EXPECT_EQ(BackUp("data", "data/../data3"), 0) << said_;
}

}  // namespace
}  // namespace thalweg
