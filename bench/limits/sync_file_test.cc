#include "bench/limits/sync_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace thalweg::bench {
namespace {

TEST(SyncFile, HasItsLengthAndItsSpace) {
  std::string folder = testing::TempDir() + "sync_file_XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/file";
  constexpr size_t kBytes = 64 << 10;
  for (const auto make : {OpenAllocated, OpenFilledWithZeros}) {
    const int file = make(path.c_str(), kBytes);
    ASSERT_GE(file, 0);
    struct stat found{};
    ASSERT_EQ(fstat(file, &found), 0);
    EXPECT_EQ(found.st_size, kBytes);
    EXPECT_GE(found.st_blocks * 512, kBytes);
    close(file);
    EXPECT_LT(make((folder + "/missing/file").c_str(), kBytes), 0);
  }
  unlink(path.c_str());
  rmdir(folder.c_str());
}

}  // namespace
}  // namespace thalweg::bench
