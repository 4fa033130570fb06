// The pieces that records and states are spelt with. (docs/formats/record.md, "Pieces")
//
// Pure: used by one encoder or decoder for one call. A writer borrows its string, a reader its
// bytes and so does the text it gives out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stream/expiry.h"
#include "stream/ids.h"

namespace thalweg {

class PieceWriter {
 public:
  explicit PieceWriter(std::string& out) : out_(out) {}

  void Byte(uint8_t value) { out_.push_back(static_cast<char>(value)); }

  void Number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) Byte(static_cast<uint8_t>(value | 0x80));
    Byte(static_cast<uint8_t>(value));
  }

  // Small numbers of either sign take few bytes: 0, -1, 1, -2 go out as 0, 1, 2, 3.
  void Signed(int64_t value) {
    const uint64_t bits = static_cast<uint64_t>(value);
    Number(value < 0 ? ~(bits << 1) : bits << 1);
  }

  void Text(std::string_view text) {
    Number(text.size());
    out_.append(text);
  }

  void Time(Moment at) {
    Signed(at.wall_ms);
    Signed(at.steady_ms);
  }

  void Ends(const Expiry& expiry) {
    Byte(static_cast<uint8_t>(expiry.kind));
    switch (expiry.kind) {
      case Expiry::Kind::kNever: return;
      case Expiry::Kind::kTtl: return Number(expiry.ttl_s);
      case Expiry::Kind::kAt: Signed(expiry.at_ms); return Text(expiry.at_text);
    }
  }

 private:
  std::string& out_;
};

// Takes bytes from the left. What does not fit makes the reader bad for good and yields nothing;
// whoever reads asks ok() once, at the end.
class PieceReader {
 public:
  explicit PieceReader(std::string_view bytes) : rest_(bytes) {}

  uint8_t Byte() {
    if (rest_.empty()) return Bad();
    const auto value = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  uint8_t ByteUpTo(uint8_t max) {
    const uint8_t value = Byte();
    return value <= max ? value : Bad();
  }

  // Only the shortest spelling of a number is one: each record has one encoding.
  uint64_t Number() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      if (shift == 63 && byte > 1) return Bad();
      if (shift != 0 && byte == 0) return Bad();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return Bad();
  }

  int64_t Signed() {
    const uint64_t bits = Number();
    return static_cast<int64_t>((bits & 1) != 0 ? ~(bits >> 1) : bits >> 1);
  }

  std::string_view Text() {
    const uint64_t size = Number();
    if (size > rest_.size()) {
      Bad();
      return {};
    }
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }

  Moment Time() {
    Moment at;
    at.wall_ms = Signed();
    at.steady_ms = Signed();
    return at;
  }

  Expiry Ends() {
    Expiry expiry;
    expiry.kind = static_cast<Expiry::Kind>(ByteUpTo(static_cast<uint8_t>(Expiry::Kind::kAt)));
    switch (expiry.kind) {
      case Expiry::Kind::kNever: break;
      case Expiry::Kind::kTtl: expiry.ttl_s = Number(); break;
      case Expiry::Kind::kAt:
        expiry.at_ms = Signed();
        expiry.at_text = Text();
        break;
    }
    return expiry;
  }

  // What was read has no meaning, or another encoding already has it.
  uint8_t Bad() {
    bad_ = true;
    rest_ = {};
    return 0;
  }

  bool bad() const { return bad_; }

  // Nothing was bad and nothing is left.
  bool ok() const { return !bad_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool bad_ = false;
};

}  // namespace thalweg
