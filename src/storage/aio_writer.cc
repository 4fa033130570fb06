#include "storage/aio_writer.h"

#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>
#include <utility>

#include "base/assert.h"
#include "base/retry_interrupted.h"

namespace thalweg {

static_assert(sizeof(DirectPages) == AsyncWriter::kBytesMax);

std::unique_ptr<AioWriter> AioWriter::Make(int event_fd) {
  aio_context_t context = 0;
  if (syscall(SYS_io_setup, 1, &context) != 0) return nullptr;
  return std::make_unique<AioWriter>(context, event_fd);
}

AioWriter::AioWriter(aio_context_t context, int event_fd)
    : context_(context),
      event_fd_(event_fd),
      pages_(std::make_unique_for_overwrite<DirectPages>()) {}

AioWriter::~AioWriter() { syscall(SYS_io_destroy, context_); }

bool AioWriter::Begin(File& file, uint64_t offset, std::string_view bytes) {
  THALWEG_ASSERT(file_ == nullptr && bytes.size() <= kBytesMax);
  auto& posix_file = static_cast<PosixFile&>(file);
  const bool is_pages = offset % kDirectPageBytes == 0 && bytes.size() % kDirectPageBytes == 0;
  const int fd = is_pages && !is_refused_ ? posix_file.async_fd() : -1;
  if (fd < 0) return false;
  bytes.copy(pages_->bytes.data(), bytes.size());
  request_ = {};
  request_.aio_lio_opcode = IOCB_CMD_PWRITE;
  request_.aio_rw_flags = RWF_DSYNC;
  request_.aio_fildes = static_cast<uint32_t>(fd);
  request_.aio_buf = reinterpret_cast<uint64_t>(pages_->bytes.data());
  request_.aio_nbytes = bytes.size();
  request_.aio_offset = static_cast<int64_t>(offset);
  request_.aio_flags = IOCB_FLAG_RESFD;
  request_.aio_resfd = static_cast<uint32_t>(event_fd_);
  iocb* requests[] = {&request_};
  if (syscall(SYS_io_submit, context_, 1, requests) != 1) return false;
  file_ = &posix_file;
  return true;
}

std::optional<DiskResult<void>> AioWriter::End(bool waits) {
  THALWEG_ASSERT(file_ != nullptr);
  io_event event{};
  timespec at_once{};
  const auto ended = RetryInterrupted([&] {
    return syscall(SYS_io_getevents, context_, 1, 1, &event, waits ? nullptr : &at_once);
  });
  THALWEG_ASSERT(ended >= 0);
  if (ended == 0) return std::nullopt;
  auto outcome = Outcome(event.res);
  file_ = nullptr;
  return outcome;
}

// What is not written whole is written once more, by the usual way.
DiskResult<void> AioWriter::Outcome(int64_t result) {
  const auto offset = static_cast<uint64_t>(request_.aio_offset);
  const std::string_view bytes(pages_->bytes.data(), request_.aio_nbytes);
  if (result == static_cast<int64_t>(bytes.size())) return {};
  const int code = result < 0 ? static_cast<int>(-result) : 0;
  if (code != 0 && !IsRefusal(code)) {
    return DiskFailure(code, Tried("write ", bytes.size(), offset, file_->path()));
  }
  is_refused_ = true;
  return file_->WriteAndSync(offset, bytes);
}

}  // namespace thalweg
