#include "storage/aio_writer.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "base/owned_fd.h"
#include "storage/posix_disk.h"
#include "testing/file_size_limit.h"
#include "testing/temp_folder.h"

namespace thalweg {
namespace {

constexpr size_t kPage = kDirectPageBytes;

class AioWriterTest : public testing::Test {
 protected:
  AioWriterTest() {
    disk_ = PosixDisk::Open(folder_.path()).value();
    file_ = disk_->Open("a", Disk::Mode::kCreate).value();
    EXPECT_TRUE(file_->Allocate(4 << 20));
  }

  void SetUp() override {
    if (static_cast<PosixFile&>(*file_).async_fd() < 0) GTEST_SKIP() << "no such writes here";
    writer_ = AioWriter::Make(event_.get());
    ASSERT_NE(writer_, nullptr);
  }

  std::string Read(uint64_t offset, size_t bytes) {
    std::string read(bytes, '?');
    EXPECT_EQ(file_->ReadAt(offset, read), bytes);
    return read;
  }

  TempFolder folder_;
  std::unique_ptr<PosixDisk> disk_;
  std::unique_ptr<File> file_;
  OwnedFd event_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::unique_ptr<AioWriter> writer_;
};

TEST_F(AioWriterTest, WritesBesideItsCallerAndSaysWhenItIsDone) {
  for (const size_t bytes : {kPage, 5 * kPage, AsyncWriter::kBytesMax}) {
    std::string written(bytes, 'a');
    ASSERT_TRUE(writer_->Begin(*file_, kPage, written));
    pollfd until{.fd = event_.get(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(poll(&until, 1, 30'000), 1);
    const auto ended = writer_->End(false);
    ASSERT_TRUE(ended.has_value());
    ASSERT_TRUE(*ended) << ended->error().message;
    EXPECT_EQ(Read(kPage, bytes), written);
    eventfd_t count = 0;
    EXPECT_EQ(eventfd_read(event_.get(), &count), 0);
    EXPECT_EQ(count, 1u);
  }
}

TEST_F(AioWriterTest, KeepsACopyOfWhatItWrites) {
  std::string bytes(AsyncWriter::kBytesMax, 'a');
  ASSERT_TRUE(writer_->Begin(*file_, 0, bytes));
  bytes.assign(bytes.size(), 'b');
  ASSERT_TRUE(*writer_->End(true));
  EXPECT_EQ(Read(0, bytes.size()), std::string(bytes.size(), 'a'));
}

TEST_F(AioWriterTest, EndsWithItsWriteDone) {
  ASSERT_TRUE(writer_->Begin(*file_, 0, std::string(AsyncWriter::kBytesMax, 'a')));
  writer_.reset();
  EXPECT_EQ(Read(0, AsyncWriter::kBytesMax), std::string(AsyncWriter::kBytesMax, 'a'));
}

TEST_F(AioWriterTest, LeavesWhatIsNotWholePagesToOthers) {
  EXPECT_FALSE(writer_->Begin(*file_, 0, std::string(kPage + 1, 'a')));
  EXPECT_FALSE(writer_->Begin(*file_, 512, std::string(kPage, 'a')));
  EXPECT_TRUE(writer_->Begin(*file_, 0, std::string(kPage, 'a'))) << "the next one is no worse off";
  EXPECT_TRUE(*writer_->End(true));
}

TEST_F(AioWriterTest, TellsWhatTheSystemSaid) {
  const FileSizeLimit limit(4 << 20);
  ASSERT_TRUE(writer_->Begin(*file_, 4 << 20, std::string(kPage, 'a')));
  const auto ended = writer_->End(true);
  ASSERT_TRUE(ended.has_value());
  ASSERT_FALSE(*ended);
  EXPECT_EQ(ended->error().code, EFBIG);
  EXPECT_EQ(ended->error().message, "write 4096 bytes at 4194304 of a: File too large");
}

}  // namespace
}  // namespace thalweg
