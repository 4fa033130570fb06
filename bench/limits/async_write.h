// Writes to a file past the page cache that go on beside their caller, and are synced with the same
// call: a thread need not wait for them (Linux's native AIO, which needs no library).
//
// Own thread only.
#pragma once

#include <linux/aio_abi.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace thalweg::bench {

class AsyncWrite {
 public:
  static constexpr size_t kBytesMax = 1 << 20;

  AsyncWrite() = default;
  ~AsyncWrite();
  AsyncWrite(const AsyncWrite&) = delete;
  AsyncWrite& operator=(const AsyncWrite&) = delete;

  // Opens a file whose space is there; false, and errno: it cannot be written so. `event_fd`
  // becomes readable whenever a write has ended.
  bool Open(const char* path, int event_fd);

  // Begins to write `bytes` at `offset`, a multiple of 4096, with zeros behind them to the next
  // such one. How many that are; 0, and errno: it cannot be. REQUIRES: nothing is under way, and at
  // most kBytesMax.
  size_t Begin(std::string_view bytes, uint64_t offset);

  // Whether the write that was under way has ended; asserts that it succeeded.
  bool HasEnded();

 private:
  int event_fd_ = -1;
  int file_ = -1;
  aio_context_t context_ = 0;
  std::unique_ptr<char, void (*)(void*)> buffer_{nullptr, nullptr};
  iocb request_{};
  bool is_under_way_ = false;
};

}  // namespace thalweg::bench
