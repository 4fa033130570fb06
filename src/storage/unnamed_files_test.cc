#include "storage/unnamed_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "storage/owned_fd.h"
#include "storage/segment_test_folder.h"

namespace thalweg {
namespace {

// A segment of three pieces whose name is gone, and a look at it that does not count as a use.
class UnnamedFilesTest : public testing::Test {
 protected:
  UnnamedFilesTest() {
    const TestStream stream{{1}, {0}, std::vector(20, TestText(1u << 20)), "state"};
    folder_.Write({&stream, 1});
    look_.emplace(open(Path(), O_PATH | O_CLOEXEC));
    full_ = size();
    readers_ = folder_.OpenAs(Disk::Mode::kRead);
    files_.Add(readers_, folder_.OpenAs(Disk::Mode::kReadWrite));
  }

  const char* Path() { return (path_ = folder_.PathOf().string()).c_str(); }

  uint64_t size() const {
    struct stat about = {};
    EXPECT_EQ(fstat(look_->get(), &about), 0);
    return static_cast<uint64_t>(about.st_size);
  }

  // How many pieces are given back.
  int Free() {
    int pieces = 0;
    files_.Free([&pieces] {
      ++pieces;
      return size_t{0};
    });
    return pieces;
  }

  SegmentTestFolder folder_;
  std::string path_;
  std::optional<OwnedFd> look_;
  uint64_t full_ = 0;
  std::shared_ptr<const File> readers_;
  UnnamedFiles files_;
};

TEST_F(UnnamedFilesTest, GiveTheirSpaceBackPieceByPieceOnceNobodyReads) {
  ASSERT_EQ(unlink(Path()), 0);
  EXPECT_EQ(Free(), 0);
  EXPECT_EQ(size(), full_) << "somebody reads";
  readers_.reset();
  EXPECT_EQ(Free(), 3);
  EXPECT_EQ(size(), 0u);
  EXPECT_EQ(Free(), 0);
}

// As a backup does, which is another process: what counts is the descriptor.
TEST_F(UnnamedFilesTest, StayWholeForWhoeverElseHasThemOpen) {
  std::optional<OwnedFd> backup(open(Path(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(unlink(Path()), 0);
  readers_.reset();
  EXPECT_EQ(Free(), 0);
  std::array<char, 4096> end{};
  EXPECT_EQ(pread(backup->get(), end.data(), end.size(), static_cast<off_t>(full_ - end.size())),
            static_cast<ssize_t>(end.size()));
  EXPECT_EQ(size(), full_);
  backup.reset();
  EXPECT_EQ(Free(), 3);
  EXPECT_EQ(size(), 0u);
}

TEST_F(UnnamedFilesTest, StayWholeUnderAnotherName) {
  const std::string other = folder_.PathOf().string() + ".kept";
  ASSERT_EQ(link(Path(), other.c_str()), 0);
  ASSERT_EQ(unlink(Path()), 0);
  readers_.reset();
  EXPECT_EQ(Free(), 0);
  EXPECT_EQ(size(), full_);
}

}  // namespace
}  // namespace thalweg
