#include "server/repair.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "api/engine_home.h"
#include "base/system_clock.h"
#include "server/exit_codes.h"
#include "testing/door.h"
#include "testing/temp_folder.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

// A data directory with two streams, of the first of which the state can be damaged.
class RepairTest : public testing::Test {
 protected:
  RepairTest() {
    const auto home = Open();
    home->engine().Create(NewStream("a", kBytesType, std::string(kBytes, 'x')));
    home->engine().Create(NewStream("b", kBytesType, "text"));
  }

  std::unique_ptr<EngineHome> Open() {
    auto home = EngineHome::OnDisk(path_, {}, clock_);
    EXPECT_TRUE(home) << home.error().message;
    return std::move(*home);
  }

  void Damage() {
    const auto segment = *fs::directory_iterator(path_ + "/segments");
    std::fstream file(segment.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(64 + kBytes);  // behind the header and the bytes
    file << "damage";
  }

  int Run(bool remove) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = Repair({.dir = path_, .remove = remove});
    said_ = testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
    return code;
  }

  static constexpr int kBytes = 100'000;
  const SystemClock clock_;
  const TempFolder folder_;
  std::string path_ = folder_.path();
  std::string said_;
};

TEST_F(RepairTest, HasNothingToDoWhereAllCanBeRead) {
  for (const bool remove : {false, true}) {
    EXPECT_EQ(Run(remove), 0);
    EXPECT_EQ(said_,
              path_ + ": no stream is unreadable; `thalweg verify` looks at everything else\n");
  }
}

TEST_F(RepairTest, ListsFirstAndRemovesWhereAskedTo) {
  Damage();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Run(false), kExitDamaged);
    EXPECT_TRUE(said_.starts_with("unreadable: stream 1 at a: segments/")) << said_;
  }
  EXPECT_EQ(Open()->engine().Describe("a").verdict, ReadVerdict::kUnreadable);
  EXPECT_EQ(Run(true), 0) << said_;
  EXPECT_TRUE(said_.starts_with("removed: stream 1 at a: segments/")) << said_;
  const auto home = Open();
  EXPECT_EQ(home->engine().Describe("a").verdict, ReadVerdict::kMissing);
  EXPECT_EQ(ReadAll(home->engine(), "b"), "text");
}

TEST_F(RepairTest, WritesNothingThatTheOwnersServerCouldNotOpen) {
  Damage();
  const std::string identity = path_ + "/identity";
  if (chown(identity.c_str(), 12'345, getegid()) != 0) GTEST_SKIP() << "only root gives files away";
  EXPECT_EQ(Run(false), kExitDamaged);
  EXPECT_EQ(Run(true), kExitCannotStart);
  EXPECT_NE(said_.find("is served by user 12345"), std::string::npos) << said_;
}

TEST_F(RepairTest, SaysWhyItCannot) {
  const auto served = Open();
  EXPECT_EQ(Run(true), kExitForeign);
  EXPECT_NE(said_.find("is in use by another process, or by another store of this one"),
            std::string::npos)
      << said_;
  path_ += "/no directory";
  EXPECT_EQ(Run(true), kExitCannotStart);
  EXPECT_FALSE(fs::exists(path_));
}

}  // namespace
}  // namespace thalweg
