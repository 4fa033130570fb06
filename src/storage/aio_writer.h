// Linux's native AIO: the kernel writes past its cache and syncs with the same call, beside whoever
// asked, and says so by an eventfd. One system call to begin, one to learn of the end.
//
// As AsyncWriter (disk.h).
#pragma once

#include <linux/aio_abi.h>

#include <memory>
#include <optional>
#include <string_view>

#include "storage/posix_disk_file.h"

namespace thalweg {

class AioWriter final : public AsyncWriter {
 public:
  // Null: the system gives none (/proc/sys/fs/aio-max-nr, or a sandbox).
  static std::unique_ptr<AioWriter> Make(int event_fd);

  // For Make.
  AioWriter(aio_context_t context, int event_fd);
  ~AioWriter() override;
  AioWriter(const AioWriter&) = delete;
  AioWriter& operator=(const AioWriter&) = delete;

  [[nodiscard]] bool Begin(File& file, uint64_t offset, std::string_view bytes) override;
  [[nodiscard]] std::optional<DiskResult<void>> End(bool waits) override;

 private:
  DiskResult<void> Outcome(int64_t result);

  const aio_context_t context_;
  const int event_fd_;
  const std::unique_ptr<DirectPages> pages_;
  iocb request_{};
  PosixFile* file_ = nullptr;  // that is written to; null: none is
  bool is_refused_ = false;    // the system begins such writes, and does not do them
};

}  // namespace thalweg
