#include "base/control_group.h"

#include <gtest/gtest.h>

#include "testing/control_group_folder.h"

namespace thalweg {
namespace {

constexpr GroupLimit kLimit{
    "memory",
    [](const std::filesystem::path& folder) { return ReadNumber(folder / "second"); },
    [](const std::filesystem::path& folder) { return ReadNumber(folder / "first"); },
};

class ControlGroupTest : public testing::Test {
 protected:
  std::optional<uint64_t> Least(std::string_view groups) const {
    return LeastOf(kLimit, groups, folder_.root());
  }

  ControlGroupFolder folder_;
};

TEST_F(ControlGroupTest, TheGroupsOwnLimitCounts) {
  folder_.Put("system.slice/thalweg.service/second", "512");
  folder_.Put("system.slice/second", "max");
  EXPECT_EQ(Least("0::/system.slice/thalweg.service\n"), 512);
}

TEST_F(ControlGroupTest, ALimitOfAGroupAroundItCountsWhereItIsLess) {
  folder_.Put("pods/second", "256");
  folder_.Put("pods/one/second", "1024");
  EXPECT_EQ(Least("0::/pods/one\n"), 256);
}

TEST_F(ControlGroupTest, InAContainerTheRootTells) {
  folder_.Put("second", "128");
  EXPECT_EQ(Least("0::/\n"), 128);
  EXPECT_EQ(Least("0::/docker/not-mounted-here\n"), 128);
}

TEST_F(ControlGroupTest, TheFirstVersionHasAFolderForEachController) {
  folder_.Put("memory/box/first", "64");
  folder_.Put("cpu/elsewhere/first", "1");
  EXPECT_EQ(Least("5:cpu,cpuacct:/elsewhere\n4:memory:/box\n0::/\n"), 64);
  EXPECT_EQ(Least("4:hugetlb,memory:/box\n"), 64);
}

TEST_F(ControlGroupTest, WhereNobodySetOneThereIsNone) {
  folder_.Put("box/second", "max");
  folder_.Put("memory/box/first", "-1");
  for (const char* groups : {"0::/box\n", "", "nonsense", "1:memory:/box\n", "1:memory:/other\n"}) {
    EXPECT_EQ(Least(groups), std::nullopt) << groups;
  }
}

}  // namespace
}  // namespace thalweg
