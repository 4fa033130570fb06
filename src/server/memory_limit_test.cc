#include "server/memory_limit.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace thalweg {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMiB = uint64_t{1} << 20;

class MemoryLimitTest : public testing::Test {
 protected:
  MemoryLimitTest() {
    std::string name = (fs::temp_directory_path() / "thalweg-groups-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~MemoryLimitTest() override { fs::remove_all(root_); }

  void Put(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << "\n";
  }

  fs::path root_;
};

TEST_F(MemoryLimitTest, TheGroupsOwnLimitCounts) {
  Put("system.slice/thalweg.service/memory.max", "536870912");
  Put("system.slice/memory.max", "max");
  EXPECT_EQ(ControlGroupLimit("0::/system.slice/thalweg.service\n", root_), 512 * kMiB);
}

TEST_F(MemoryLimitTest, ALimitOfAGroupAroundItCountsWhereItIsLess) {
  Put("pods/memory.max", "268435456");
  Put("pods/one/memory.max", "1073741824");
  EXPECT_EQ(ControlGroupLimit("0::/pods/one\n", root_), 256 * kMiB);
}

TEST_F(MemoryLimitTest, InAContainerTheRootTells) {
  Put("memory.max", "134217728");
  EXPECT_EQ(ControlGroupLimit("0::/\n", root_), 128 * kMiB);
  EXPECT_EQ(ControlGroupLimit("0::/docker/not-mounted-here\n", root_), 128 * kMiB);
}

TEST_F(MemoryLimitTest, TheFirstVersionHasAFolderForMemory) {
  Put("memory/box/memory.limit_in_bytes", "67108864");
  const std::string groups = "5:cpu,cpuacct:/elsewhere\n4:memory:/box\n0::/\n";
  EXPECT_EQ(ControlGroupLimit(groups, root_), 64 * kMiB);
}

TEST_F(MemoryLimitTest, WhereNobodySetOneThereIsNone) {
  Put("box/memory.max", "max");
  for (const char* groups : {"0::/box\n", "", "nonsense", "1:memory:/box\n"}) {
    EXPECT_EQ(ControlGroupLimit(groups, root_), std::nullopt) << groups;
  }
}

TEST_F(MemoryLimitTest, TheMachineHasALimit) {
  EXPECT_GT(MemoryLimit(), 16 * kMiB);
  EXPECT_LT(MemoryLimit(), uint64_t{1} << 50);
}

TEST_F(MemoryLimitTest, AShareIsAnEighthWithinBounds) {
  EXPECT_EQ(DefaultShare(128 * kMiB), 64 * kMiB);
  EXPECT_EQ(DefaultShare(2'048 * kMiB), 256 * kMiB);
  EXPECT_EQ(DefaultShare(2'048 * kMiB + 12'345'678), 257 * kMiB);
  EXPECT_EQ(DefaultShare(64'000 * kMiB), 1'024 * kMiB);
}

}  // namespace
}  // namespace thalweg
