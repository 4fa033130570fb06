#include "api/disk_space.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "api/store_test_support.h"
#include "testing/temp_folder.h"

namespace thalweg {
namespace {

TEST(DiskSpace, IsAsItWasWhenSomebodyLookedLast) {
  const TempFolder folder;
  const std::string path = folder / "link";
  std::filesystem::create_directory_symlink("/proc", path);  // it has no space at all
  DiskSpace space(path);
  EXPECT_EQ(space.size_bytes(), 0u);
  std::filesystem::remove(path);
  std::filesystem::create_directory_symlink(folder / "", path);
  EXPECT_EQ(space.size_bytes(), 0u) << "nobody has looked";
  space.Look();
  const uint64_t size = space.size_bytes();
  EXPECT_GT(space.free_bytes(), 0u);
  EXPECT_GE(size, space.free_bytes());
  std::filesystem::remove(path);
  space.Look();
  EXPECT_EQ(space.size_bytes(), size) << "nothing is known";
}

}  // namespace
}  // namespace thalweg
