#include "storage/posix_disk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "base/owned_fd.h"
#include "storage/disk_suite.h"
#include "storage/page_cache.h"
#include "storage/posix_disk_file.h"
#include "storage/zero_fill.h"
#include "testing/file_size_limit.h"
#include "testing/temp_folder.h"

namespace thalweg {
namespace {

class PosixDiskCase {
 public:
  Disk& disk() { return *disk_; }

 private:
  TempFolder directory_;
  std::unique_ptr<PosixDisk> disk_ = PosixDisk::Open(directory_.path()).value();
};

INSTANTIATE_TYPED_TEST_SUITE_P(PosixDisk, DiskSuite, PosixDiskCase);

class PosixDiskTest : public testing::Test {
 protected:
  std::unique_ptr<File> Create(const std::string& path) {
    return disk_->Open(path, Disk::Mode::kCreate).value();
  }

  TempFolder directory_;
  std::unique_ptr<PosixDisk> disk_ = PosixDisk::Open(directory_.path()).value();
};

TEST(DirectWrites, AreTakenForSyncedOnlyWhereTheFileSystemIsKnownToDoIt) {
  const uint64_t known[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC};
  for (const uint64_t type : known) {
    EXPECT_TRUE(SyncsDirectWrites(type)) << type;
    EXPECT_TRUE(WritesBesideCaller(type)) << type;
  }
  const uint64_t others[] = {OVERLAYFS_SUPER_MAGIC, V9FS_MAGIC,      SMB2_SUPER_MAGIC,
                             FUSE_SUPER_MAGIC,      NFS_SUPER_MAGIC, 0};
  for (const uint64_t type : others) {
    EXPECT_FALSE(SyncsDirectWrites(type)) << type;
    EXPECT_FALSE(WritesBesideCaller(type)) << type;
  }
}

// /proc is one, also where it is written to.
TEST(AFileSystemWithoutSync, HasNothingToSyncForWhoOnlyReads) {
  const auto disk = PosixDisk::Open("/proc/self").value();
  EXPECT_TRUE(disk->Open("comm", Disk::Mode::kRead).value()->Sync());
  const auto writable = disk->Open("comm", Disk::Mode::kReadWrite).value()->Sync();
  ASSERT_FALSE(writable);
  EXPECT_EQ(writable.error().code, EINVAL);
}

TEST_F(PosixDiskTest, OpensOnlyADirectoryThatExists) {
  const auto missing = PosixDisk::Open(directory_ / "none");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ENOENT);
  Create("file");
  EXPECT_EQ(PosixDisk::Open(directory_ / "file").error().code, ENOTDIR);
}

TEST_F(PosixDiskTest, StaysInItsDirectoryWhenThatIsRenamed) {
  const std::string moved = directory_.path() + "-moved";
  std::filesystem::rename(directory_.path(), moved);
  Create("a");
  EXPECT_TRUE(std::filesystem::exists(moved + "/a"));
  std::filesystem::rename(moved, directory_.path());
}

TEST_F(PosixDiskTest, NamesTheDirectoryItselfInAFailure) {
  PosixDisk none(OwnedFd(dup(Create("file")->fd())));
  EXPECT_EQ(none.List("").error().message, "list .: Not a directory");
  EXPECT_EQ(none.SyncDirectory("").error().message, "sync directory .: Not a directory");
}

TEST_F(PosixDiskTest, DescriptorsAreNotInheritedByPrograms) {
  const std::unique_ptr<File> file = Create("a");
  const std::unique_ptr<File> lock = disk_->Lock("lock").value();
  EXPECT_NE(fcntl(file->fd(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(fcntl(lock->fd(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(PosixDiskTest, ASecondProcessesDiskMeetsTheLockToo) {
  const std::unique_ptr<File> lock = disk_->Lock("lock").value();
  const auto second = PosixDisk::Open(directory_.path()).value();
  EXPECT_EQ(second->Lock("lock").error().code, EWOULDBLOCK);
}

TEST_F(PosixDiskTest, ALockedFileThatIsRemovedIsLockedAllTheSame) {
  const std::unique_ptr<File> lock = disk_->Lock("lock").value();
  ASSERT_TRUE(disk_->Remove("lock"));
  const auto second = PosixDisk::Open(directory_.path()).value();
  EXPECT_EQ(second->Lock("lock").error().code, EWOULDBLOCK);
  EXPECT_EQ(second->Lock("").error().code, EWOULDBLOCK);
}

TEST_F(PosixDiskTest, TheLockOfAllFilesMakesNone) {
  const std::unique_ptr<File> lock = disk_->Lock("").value();
  EXPECT_EQ(disk_->List("").value(), std::vector<std::string>());
  const auto second = PosixDisk::Open(directory_.path()).value();
  EXPECT_EQ(second->Lock("lock").error().code, EWOULDBLOCK);
}

TEST_F(PosixDiskTest, ALockEndsWithItsFile) {
  disk_->Lock("lock").value().reset();
  EXPECT_TRUE(PosixDisk::Open(directory_.path()).value()->Lock("lock"));
}

TEST_F(PosixDiskTest, AWriteThatTheSystemCutsShortGoesOnAndSaysWhereItFailed) {
  const std::unique_ptr<File> file = Create("a");
  const FileSizeLimit limit(6000);
  const DiskResult<void> written = file->WriteAt(4096, std::string(4096, 'x'));
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().message, "write 4096 bytes at 4096 of a: File too large");
  EXPECT_EQ(file->Size().value(), 6000U);  // the first piece went in, the second was tried
  for (const auto write : {&File::WriteAndSync, &File::WriteOutPastCache}) {
    const DiskResult<void> directly = ((*file).*write)(4096, std::string(4096, 'x'));
    ASSERT_FALSE(directly.has_value());
    EXPECT_EQ(directly.error().code, EFBIG);
  }
}

TEST_F(PosixDiskTest, WhatIsWrittenIsThereWhateverTheWay) {
  constexpr size_t kAllBytes = 4 << 20;
  for (const auto write : {&File::WriteAndSync, &File::WriteOutPastCache}) {
    const std::unique_ptr<File> file = Create(write == &File::WriteAndSync ? "synced" : "out");
    ASSERT_TRUE(file->Allocate(kAllBytes));
    std::string all(kAllBytes, '\0');
    const auto put = [&](size_t at, std::string_view written) {
      ASSERT_TRUE(((*file).*write)(at, written)) << written.size() << " at " << at;
      all.replace(at, written.size(), written);
    };
    put(0, std::string(3 * 4096, 'a'));     // whole pages,
    put(4096, std::string(4096, 'b'));      // over such as were written,
    put(8192, std::string(4096 + 1, 'c'));  // and what goes through the cache between them
    put(100, std::string(4096, 'd'));
    put(0, std::string(4096, 'e'));
    put(65536, std::string(512 * 1024, 'f'));
    put(65536 + 4096, std::string(8192, 'g'));
    std::string several;  // more than is written at once, no two pages alike
    for (int i = 0; several.size() < (5 << 19); ++i) several += std::to_string(i);
    several.resize(5 << 19);
    put(1 << 20, several);
    put(0, {});
    std::string read(all.size(), '\0');
    ASSERT_EQ(file->ReadAt(0, read), all.size());
    EXPECT_TRUE(read == all);
  }
}

TEST_F(PosixDiskTest, WholePagesGoPastTheCacheWhereTheyMay) {
  constexpr size_t kPage = 4096;
  const std::string pages(512 * kPage, 'x');
  const auto is_cached_after = [&](const char* name, const auto& write) {
    const std::unique_ptr<File> file = Create(name);
    EXPECT_TRUE(file->Allocate(pages.size()));
    EXPECT_TRUE(write(*file));
    return IsCached(file->fd(), 0, kPage);
  };
  EXPECT_TRUE(is_cached_after("through", [&](File& file) { return file.WriteAt(0, pages); }));
  // The same by hand, for not every file system can.
  const std::string by_hand = directory_ / "by-hand";
  const OwnedFd fd(open(by_hand.c_str(), O_RDWR | O_CREAT | O_DIRECT, 0600));
  alignas(kPage) const std::array<char, kPage> page{};
  if (!fd.valid() || pwrite(fd.get(), page.data(), kPage, 0) != kPage ||
      IsCached(fd.get(), 0, kPage)) {
    GTEST_SKIP() << "the file system of " << directory_.path() << " keeps what is written directly";
  }
  EXPECT_FALSE(is_cached_after("synced", [&](File& file) { return file.WriteAndSync(0, pages); }));
  EXPECT_FALSE(
      is_cached_after("out", [&](File& file) { return file.WriteOutPastCache(0, pages); }));
}

TEST_F(PosixDiskTest, AllocateTakesRealSpace) {
  const std::unique_ptr<File> file = Create("a");
  ASSERT_TRUE(file->Allocate(1 << 20).has_value());
  struct stat status;
  ASSERT_EQ(fstat(file->fd(), &status), 0);
  EXPECT_GE(status.st_blocks * 512, 1 << 20);
}

TEST_F(PosixDiskTest, FillingWithZerosTakesRealSpaceForHolesToo) {
  const std::unique_ptr<File> file = Create("a");
  ASSERT_TRUE(file->Truncate(1 << 20).has_value());
  ASSERT_TRUE(FillWithZeros(*file, 2 << 20).has_value());
  ASSERT_TRUE(file->Sync().has_value());  // file systems that allocate late do it now
  struct stat status;
  ASSERT_EQ(fstat(file->fd(), &status), 0);
  EXPECT_GE(status.st_blocks * 512, 2 << 20);
}

TEST_F(PosixDiskTest, AFailedAllocationLeavesTheFileAsItWas) {
  const std::unique_ptr<File> file = Create("a");
  ASSERT_TRUE(file->WriteAt(0, "abc").has_value());
  const FileSizeLimit limit(6000);
  const DiskResult<void> allocated = file->Allocate(1 << 20);
  ASSERT_FALSE(allocated.has_value());
  EXPECT_EQ(allocated.error().message, "allocate 1048576 bytes for a: File too large");
  EXPECT_EQ(file->Size().value(), 3U);
}

TEST_F(PosixDiskTest, TellsTheSpaceThatIsFree) {
  const auto space = std::filesystem::space(directory_.path());
  const auto free_bytes = disk_->FreeBytes("");
  if (!free_bytes) GTEST_SKIP() << "the file system of " << directory_.path() << " does not tell";
  EXPECT_GT(*free_bytes, space.available / 2) << "others write meanwhile";
  EXPECT_LE(*free_bytes, space.capacity);
  EXPECT_EQ(disk_->FreeBytes("none"), std::nullopt);
}

TEST_F(PosixDiskTest, AnAbsolutePathIsABug) {
  EXPECT_DEATH(static_cast<void>(disk_->Remove("/etc/hosts")), "starts_with");
}

}  // namespace
}  // namespace thalweg
