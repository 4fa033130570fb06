// That a sync reaches the system. No other test sees that: the simulated disk stands in the place
// of what is looked at here, and the end of a process keeps what the system has in its cache.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <linux/aio_abi.h>
#include <linux/magic.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <memory>
#include <optional>
#include <string>

#include "base/owned_fd.h"
#include "storage/lmdb_catalog.h"
#include "storage/posix_disk.h"
#include "storage/segment_writer.h"
#include "testing/temp_folder.h"

namespace {

std::atomic<int> file_syncs = 0;
std::atomic<int> directory_syncs = 0;
std::atomic<off_t> bytes_written_out = 0;
std::atomic<off_t> bytes_written_past_cache = 0;
std::atomic<int> synced_writes = 0;
std::atomic<long> file_system = 0;    // that files seem to be of; 0: the true one
std::atomic<int> write_out_code = 0;  // that it fails with; 0: it does not
std::atomic<bool> has_space = true;   // for who allocates
std::atomic<int> async_writes = 0;    // that ask for a sync
std::atomic<int> async_code = 0;      // that they end with; 0: with what they did

}  // namespace

// In the place of the C library's, in this program.
extern "C" {
// Every call takes six, of which it looks at those that it has.
[[gnu::visibility("default")]] long syscall(long number, ...) {
  using Syscall = long (*)(long, ...);
  static const auto system = reinterpret_cast<Syscall>(dlsym(RTLD_NEXT, "syscall"));
  va_list list;
  va_start(list, number);
  long given[6];
  for (long& one : given) one = va_arg(list, long);
  va_end(list);
  const long done = system(number, given[0], given[1], given[2], given[3], given[4], given[5]);
  if (number == SYS_io_submit) {
    const iocb& request = **reinterpret_cast<iocb**>(given[2]);
    if ((request.aio_rw_flags & RWF_DSYNC) != 0) ++async_writes;
  }
  if (number == SYS_io_getevents && done == 1 && async_code != 0) {
    reinterpret_cast<io_event*>(given[3])->res = -async_code;
  }
  return done;
}

[[gnu::visibility("default")]] int fallocate(int fd, int mode, off_t at, off_t bytes) {
  if (!has_space) {
    errno = ENOSPC;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fallocate, fd, mode, at, bytes));
}

[[gnu::visibility("default")]] int fdatasync(int fd) {
  ++file_syncs;
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

[[gnu::visibility("default")]] int fsync(int fd) {
  ++directory_syncs;
  return static_cast<int>(syscall(SYS_fsync, fd));
}

[[gnu::visibility("default")]] ssize_t pwritev2(int fd, const iovec* pieces, int count, off_t at,
                                                int flags) {
  const auto written = syscall(SYS_pwritev2, fd, pieces, count, at, 0, flags);
  if ((flags & RWF_DSYNC) != 0) {
    ++file_syncs;
    ++synced_writes;
  }
  if (written > 0) bytes_written_past_cache += written;
  return written;
}

[[gnu::visibility("default")]] int fstatfs(int fd, struct statfs* about) {
  const auto done = static_cast<int>(syscall(SYS_fstatfs, fd, about));
  if (file_system != 0) about->f_type = file_system;
  return done;
}

[[gnu::visibility("default")]] int sync_file_range(int fd, off_t at, off_t bytes, unsigned flags) {
  bytes_written_out += bytes;
  if (write_out_code != 0) {
    errno = write_out_code;
    return -1;
  }
  return static_cast<int>(syscall(SYS_sync_file_range, fd, at, bytes, flags));
}
}

namespace thalweg {
namespace {

class RealSync : public testing::Test {
 protected:
  RealSync() {
    disk_ = PosixDisk::Open(folder_.path()).value();
    file_ = disk_->Open("a", Disk::Mode::kCreate).value();
    EXPECT_TRUE(file_->Allocate(1 << 20));
    file_syncs = directory_syncs = 0;
  }

  TempFolder folder_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<File> file_;
};

TEST_F(RealSync, OfAFile) {
  ASSERT_TRUE(file_->WriteAt(0, "x"));
  EXPECT_EQ(file_syncs, 0);
  ASSERT_TRUE(file_->Sync());
  EXPECT_EQ(file_syncs, 1);
}

TEST_F(RealSync, OfWhatIsWrittenAndSyncedWhateverTheWay) {
  for (const size_t bytes : {1, 4'096, 65'536, 1 << 20, 5 << 19, (5 << 19) + 1}) {
    file_syncs = 0;
    ASSERT_TRUE(file_->WriteAndSync(0, std::string(bytes, 'x')));
    EXPECT_GE(file_syncs, 1) << bytes;
  }
}

// 9p takes the wish for a sync with a direct write, and does not fulfil it.
TEST_F(RealSync, OfADirectWriteIsAskedForApartUnlessTheFileSystemIsKnownForIt) {
  for (const long type : {EXT4_SUPER_MAGIC, V9FS_MAGIC}) {
    file_system = type;
    const auto file = disk_->Open("a", Disk::Mode::kReadWrite).value();
    file_syncs = synced_writes = 0;
    bytes_written_past_cache = 0;
    ASSERT_TRUE(file->WriteAndSync(0, std::string(4'096, 'x')));
    file_system = 0;
    if (bytes_written_past_cache == 0) GTEST_SKIP() << "no direct writes here";
    EXPECT_EQ(synced_writes, type == V9FS_MAGIC ? 0 : 1);
    EXPECT_EQ(file_syncs, 1);
  }
}

class AsyncRealSync : public RealSync {
 protected:
  // Writes a page of `letter` at the beginning; null: there are no such writes here.
  std::optional<DiskResult<void>> Write(char letter) {
    if (writer_ == nullptr || !writer_->Begin(*file_, 0, std::string(4'096, letter)))
      return std::nullopt;
    return writer_->End(true);
  }
  char first() {
    char first = '?';
    EXPECT_TRUE(file_->ReadAt(0, {&first, 1}));
    return first;
  }

  const OwnedFd event_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  const std::unique_ptr<AsyncWriter> writer_ = disk_->NewAsyncWriter(event_.get());
};

TEST_F(AsyncRealSync, OfAWriteBesideItsCallerIsAskedForWithIt) {
  async_writes = 0;
  if (!Write('x')) GTEST_SKIP() << "no such writes here";
  EXPECT_EQ(async_writes, 1);
  EXPECT_EQ(file_syncs, 0);
  EXPECT_EQ(first(), 'x');
}

TEST_F(AsyncRealSync, OfOneThatTheSystemRefusedAtTheEndIsTriedTheUsualWayFromThenOn) {
  if (!Write('x')) GTEST_SKIP() << "no such writes here";
  async_code = EINVAL;
  const auto refused = Write('y');
  async_code = 0;
  ASSERT_TRUE(refused.has_value());
  EXPECT_TRUE(*refused);
  EXPECT_GE(file_syncs, 1) << "it was written once more, and synced";
  EXPECT_EQ(first(), 'y');
  EXPECT_FALSE(Write('z')) << "and none is begun any more";
}

TEST_F(AsyncRealSync, OfOneThatTheDiskFailedIsTold) {
  if (!Write('x')) GTEST_SKIP() << "no such writes here";
  async_code = EIO;
  const auto failed = Write('y');
  async_code = 0;
  ASSERT_TRUE(failed.has_value());
  ASSERT_FALSE(*failed);
  EXPECT_EQ(failed->error().code, EIO);
  EXPECT_EQ(failed->error().message, "write 4096 bytes at 0 of a: Input/output error");
  EXPECT_EQ(file_syncs, 0) << "it was not tried again";
}

TEST_F(AsyncRealSync, IsNotLeftToAFileSystemThatIsNotKnownForIt) {
  for (const long type : {long{V9FS_MAGIC}, long{BTRFS_SUPER_MAGIC}}) {
    file_system = type;
    file_ = disk_->Open("a", Disk::Mode::kReadWrite).value();
    if (writer_ != nullptr) {
      EXPECT_FALSE(Write('x'));
    }
    EXPECT_EQ(disk_->NewAsyncWriter(event_.get()), nullptr);
    file_system = 0;
  }
}

// What the disk could not take is told once: who does not hear it here hears it nowhere.
TEST_F(RealSync, NoErrorOfWritingOutIsPassedOver) {
  for (const int code : {EIO, ENOSPC, ENOMEM, EINVAL, EOPNOTSUPP, EPERM}) {
    write_out_code = code;
    const auto out = file_->WriteOut(0, 4'096);
    ASSERT_FALSE(out) << code;
    EXPECT_EQ(out.error().code, code);
  }
  write_out_code = ENOSYS;
  EXPECT_TRUE(file_->WriteOut(0, 4'096)) << "a system that does not know how";
  write_out_code = 0;
}

// XFS does not look whether what is allocated anew has its space.
TEST_F(RealSync, SpaceIsAskedForWhereAFileHasNone) {
  const auto hole = disk_->Open("hole", Disk::Mode::kCreate).value();
  ASSERT_TRUE(hole->Truncate(1 << 20));
  has_space = false;
  EXPECT_TRUE(file_->Allocate(1 << 20));
  EXPECT_TRUE(file_->Allocate(4'096));
  EXPECT_FALSE(file_->Allocate(2 << 20));
  EXPECT_FALSE(hole->Allocate(1 << 20));
  has_space = true;
  EXPECT_TRUE(hole->Allocate(1 << 20));
  has_space = false;
  EXPECT_TRUE(hole->Allocate(1 << 20)) << "now it has";
  has_space = true;
}

TEST_F(RealSync, OfADirectory) {
  ASSERT_TRUE(disk_->SyncDirectory(""));
  EXPECT_EQ(directory_syncs, 1);
}

TEST_F(RealSync, OfASegmentByItsEndHoweverManyPiecesWereWrittenOutBefore) {
  Directory folder(*disk_, "");
  bytes_written_past_cache = 0;
  ASSERT_TRUE(file_->WriteAndSync(0, std::string(4'096, 'x')));
  const bool can_go_past = bytes_written_past_cache != 0;
  for (const size_t piece_bytes : {kPieceBytes, kPieceBytesInHurry}) {
    file_syncs = 0;
    bytes_written_out = bytes_written_past_cache = 0;
    const auto writer =
        SegmentWriter::Create(folder, {.number = piece_bytes}, [&] { return piece_bytes; }).value();
    writer->Begin({1}, {0});
    const std::string append(kPieceBytesInHurry, 'x');
    const uint32_t end = append.size();
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(writer->Append(append, {&end, 1}));
    ASSERT_TRUE(writer->End("state"));
    EXPECT_GE(bytes_written_out + bytes_written_past_cache,
              3 * static_cast<off_t>(kPieceBytesInHurry));
    EXPECT_EQ(bytes_written_past_cache != 0, can_go_past && piece_bytes == kPieceBytesInHurry);
    EXPECT_EQ(file_syncs, 0);
    ASSERT_TRUE(writer->Finish());
    EXPECT_EQ(file_syncs, 1);
  }
}

TEST_F(RealSync, OfTheCatalogByEachCommit) {
  const auto catalog = LmdbCatalog::Open(folder_.path(), DirectoryId{1}, {}).value();
  for (uint64_t id = 1; id <= 3; ++id) {
    CatalogBatch batch;
    batch.put.push_back(
        {.id = {id}, .path = "/a" + std::to_string(id), .create = "c", .due_ms = {}});
    batch.head.last_id = {id};
    file_syncs = 0;
    ASSERT_TRUE(catalog->Commit(batch));
    EXPECT_GE(file_syncs, 1);
  }
}

// A commit that failed may have left what only the page cache has.
TEST_F(RealSync, OfTheCatalogThatAStartFinds) {
  LmdbCatalog::Open(folder_.path(), DirectoryId{1}, {}).value().reset();
  file_syncs = 0;
  LmdbCatalog::Open(folder_.path(), DirectoryId{1}, {}).value().reset();
  EXPECT_GE(file_syncs, 1);
  file_syncs = 0;
  const auto reader =
      LmdbCatalog::Open(folder_.path(), DirectoryId{1}, {.mode = LmdbCatalog::Mode::kRead});
  EXPECT_TRUE(reader);
  EXPECT_EQ(file_syncs, 0);
}

}  // namespace
}  // namespace thalweg
