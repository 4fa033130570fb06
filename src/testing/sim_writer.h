// A write beside its caller to a simulated file: from Begin to End it is written and not synced, so
// a power cut in between keeps what it likes.
//
// As AsyncWriter (storage/disk.h). Its event is there from the beginning.
#pragma once

#include <sys/eventfd.h>

#include <optional>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "storage/disk.h"

namespace thalweg {

class SimWriter final : public AsyncWriter {
 public:
  // -1: nobody is to be told. Not of use: it begins nothing.
  explicit SimWriter(int event_fd = -1, bool is_of_use = true)
      : event_fd_(event_fd), is_of_use_(is_of_use) {}

  [[nodiscard]] bool Begin(File& file, uint64_t offset, std::string_view bytes) override {
    THALWEG_ASSERT(file_ == nullptr && bytes.size() <= kBytesMax);
    if (!is_of_use_) return false;
    file_ = &file;
    written_ = file.WriteAt(offset, bytes);
    if (event_fd_ >= 0) eventfd_write(event_fd_, 1);
    return true;
  }

  [[nodiscard]] std::optional<DiskResult<void>> End(bool /*waits*/) override {
    File& file = *std::exchange(file_, nullptr);
    return written_ ? file.Sync() : written_;
  }

 private:
  const int event_fd_;
  const bool is_of_use_;
  File* file_ = nullptr;
  DiskResult<void> written_;
};

}  // namespace thalweg
