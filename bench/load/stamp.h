// The moment at which a message was due to be sent, carried inside the message, so that whoever
// gets it knows how long it took: `#` and 16 hexadecimal digits, nanoseconds of the clock below.
// Messages of the load hold no other `#`, and neither do the answers of a server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace thalweg::bench {

constexpr size_t kStampBytes = 17;

// Nanoseconds of the monotonic clock, which all processes of a machine share.
int64_t NowNs();

// Appends the stamp of `ns` to `out`.
void WriteStamp(int64_t ns, std::string& out);

// Finds the stamps in a body that comes in pieces. Belongs to one reader.
class StampScanner {
 public:
  // Calls `found(ns)` for each stamp that ends in `piece`.
  template <typename Found>
  void Scan(std::string_view piece, Found&& found) {
    while (Next(piece)) found(value_);
  }

  // The body has ended: a stamp that was begun is none.
  void Reset() { digits_left_ = 0; }

 private:
  bool Next(std::string_view& piece);

  int digits_left_ = 0;
  int64_t value_ = 0;
};

}  // namespace thalweg::bench
