// What waits to be sent on one socket: text of our own, shared bytes, parts of files.
//
// Sends with as few calls as it can: neighbours in memory go out together. Not thread-safe: lives
// with its connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "thalweg/http.h"

namespace thalweg {

// What one Flush sends at most, then it is the turn of others. One replay from the page cache:
// 1,000 to 1,400 MiB/s with all that a socket takes (up to 4 MiB), 1,300 to 2,100 with this, 1,100
// to 1,200 with half of it: what is sent is still in the processor's cache when it is received,
// until calls cost more than they carry.
inline constexpr size_t kFlushBytesMax = 128u << 10;

class OutputQueue {
 public:
  enum class Progress : uint8_t {
    kSent,        // the queue is empty
    kTurn,        // kFlushBytesMax are sent: it is the turn of others
    kBlocked,     // the socket is full; goes on when it is writable
    kFailed,      // the connection is broken
    kUnreadable,  // a file of ours cannot be read on, or is shorter than was promised
  };

  // Text at the end of the queue, to append to. Valid until the next call of another member.
  std::string& Text();
  void Append(Bytes bytes);
  void Append(FileRange range);
  // Moves all that `other` has behind what is here.
  void Splice(OutputQueue& other);
  void Clear();

  // Sends what the socket takes, but no more than kFlushBytesMax.
  Progress Flush(int fd);

  // Sends what the socket takes of `bytes`, past the queue; how many, 0 also where it is broken.
  // REQUIRES: empty().
  size_t SendNow(int fd, std::string_view bytes);

  bool empty() const { return first_ == parts_.size(); }
  bool holds_file() const { return files_ > 0; }
  // What is still to be sent, plus what remembering it costs.
  size_t cost() const;
  // Sent since the queue was made.
  uint64_t sent_bytes() const { return sent_bytes_; }
  // Bytes of own heap that it holds; not those that Bytes share.
  size_t held_bytes() const;

 private:
  using Part = std::variant<std::string, Bytes, FileRange>;

  // Both send something of the first part, and what stands behind it, but not more than
  // `bytes_max`. kSent: perhaps not all.
  Progress SendMemory(int fd, size_t bytes_max);
  Progress SendFile(int fd, size_t bytes_max);
  void OnSent(size_t bytes);
  void SealText();
  void DropFront();
  void Compact();

  std::vector<Part> parts_;  // those before `first_` are sent and empty
  size_t first_ = 0;
  uint64_t front_sent_ = 0;       // of the first part that is not wholly sent
  uint64_t queued_bytes_ = 0;     // of shared bytes and files
  size_t files_ = 0;              // parts that are not wholly sent
  size_t sealed_text_bytes_ = 0;  // of texts that have a part behind them
  uint64_t sent_bytes_ = 0;
  std::string spare_;  // the memory of a text that was sent
};

}  // namespace thalweg
