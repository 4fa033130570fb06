#include "bench/limits/async_write.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/assert.h"

namespace thalweg::bench {
namespace {

constexpr size_t kPageBytes = 4096;

}  // namespace

AsyncWrite::~AsyncWrite() {
  if (context_ != 0) syscall(SYS_io_destroy, context_);  // waits for what is under way
  if (file_ >= 0) close(file_);
}

bool AsyncWrite::Open(const char* path, int event_fd) {
  event_fd_ = event_fd;
  file_ = open(path, O_WRONLY | O_DIRECT | O_CLOEXEC);
  if (file_ < 0 || syscall(SYS_io_setup, 1, &context_) < 0) return false;
  buffer_ = {static_cast<char*>(std::aligned_alloc(kPageBytes, kBytesMax)), std::free};
  return buffer_ != nullptr;
}

size_t AsyncWrite::Begin(std::string_view bytes, uint64_t offset) {
  THALWEG_ASSERT(!is_under_way_ && bytes.size() <= kBytesMax);
  const size_t size = (bytes.size() + kPageBytes - 1) / kPageBytes * kPageBytes;
  std::memcpy(buffer_.get(), bytes.data(), bytes.size());
  std::memset(buffer_.get() + bytes.size(), 0, size - bytes.size());
  request_ = {};
  request_.aio_lio_opcode = IOCB_CMD_PWRITE;
  request_.aio_rw_flags = RWF_DSYNC;
  request_.aio_fildes = static_cast<uint32_t>(file_);
  request_.aio_buf = reinterpret_cast<uint64_t>(buffer_.get());
  request_.aio_nbytes = size;
  request_.aio_offset = static_cast<int64_t>(offset);
  request_.aio_flags = IOCB_FLAG_RESFD;
  request_.aio_resfd = static_cast<uint32_t>(event_fd_);
  iocb* requests[] = {&request_};
  is_under_way_ = syscall(SYS_io_submit, context_, 1, requests) == 1;
  return is_under_way_ ? size : 0;
}

bool AsyncWrite::HasEnded() {
  if (!is_under_way_) return false;
  io_event event{};
  timespec no_time{};
  if (syscall(SYS_io_getevents, context_, 1, 1, &event, &no_time) != 1) return false;
  THALWEG_ASSERT(event.res == static_cast<int64_t>(request_.aio_nbytes));
  is_under_way_ = false;
  return true;
}

}  // namespace thalweg::bench
