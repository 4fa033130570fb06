// Compressed pages for all who ask for the same: as long as anybody holds one it is shared, and the
// newest are kept. A page of 4 MB takes a worker 70 ms, and 3 ms where it is at hand. All together
// are bounded: slow readers hold what they were answered with, and beyond the bound a page goes out
// as it is, which from a file costs no memory at all.
//
// Own thread only, but for what it gives out: that may be destroyed on any thread, also after this.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "thalweg/bytes.h"

namespace thalweg {

class CompressedPages {
 public:
  static constexpr size_t kBytesMax = 64u << 20;
  static constexpr size_t kKeptBytesMax = 16u << 20;

  // Counts what is being compressed, until it is known how much comes of it.
  using Place = std::shared_ptr<const void>;

  // The page that `etag` tells from any other, and its coding; null: nobody holds it any more.
  std::optional<Bytes> Find(const std::string& etag) const;

  // Whether the page is shared, or those that are held leave room for one of up to `bytes`. What is
  // only kept goes first.
  bool MakeRoomFor(const std::string& etag, size_t bytes);

  Place TakePlace(size_t bytes);

  // Shares the page from now on. Where it is shared already, returns that one.
  Bytes Share(const std::string& etag, Bytes compressed);

 private:
  struct Shared {
    std::weak_ptr<const void> owner;
    std::string_view bytes;
  };
  class Held;

  void Keep(const Bytes& page);
  void DropOldest();

  const std::shared_ptr<std::atomic<size_t>> held_bytes_ = std::make_shared<std::atomic<size_t>>(0);
  std::map<std::string, Shared> shared_;  // by etag
  size_t shared_max_ = 0;                 // then those that nobody holds are forgotten
  std::deque<Bytes> kept_;
  size_t kept_bytes_ = 0;
};

}  // namespace thalweg
