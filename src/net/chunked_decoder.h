// Undoes the chunked transfer coding (RFC 9112 7.1), strictly, at any split of the bytes.
//
// Extensions are ignored, trailers are checked like header fields and dropped. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/rejection.h"

namespace thalweg {

class ChunkedDecoder {
 public:
  struct Limits {
    size_t body_bytes_max;
    size_t trailer_bytes_max;  // of all trailers; and of sizes and extensions beyond the body's own
  };

  explicit ChunkedDecoder(Limits limits) : limits_(limits) {}

  // Takes coded bytes from the front of `input` and appends the body's to `body`; stops after the
  // last byte of the message. REQUIRES: not done(), and no rejection was returned.
  std::optional<Rejection> Decode(std::string_view& input, std::string& body);

  bool done() const { return state_ == State::kDone; }

 private:
  enum class State : uint8_t {
    kFirstDigit,  // of a chunk's size
    kSize,        // its further digits
    kSpace,       // white space before an extension's semicolon
    kExtension,   // after a semicolon, up to the CR
    kSizeLf,      // the LF of the size line
    kData,        // the chunk's bytes
    kDataCr,      // the CR behind them
    kDataLf,      // and the LF
    kTrailer,     // a line of the trailer section
    kDone,
  };

  std::optional<Rejection> OnFrameByte(char c, const std::string& body);
  std::optional<Rejection> OnSizeByte(char c, const std::string& body);
  std::optional<Rejection> OnExtensionByte(char c, const std::string& body);
  std::optional<Rejection> OnTrailerByte(char c);
  std::optional<Rejection> CountFraming(const std::string& body);
  std::optional<Rejection> Expect(char c, char wanted, State next);

  const Limits limits_;
  State state_ = State::kFirstDigit;
  uint64_t chunk_bytes_ = 0;  // of the chunk, still to come
  size_t framing_bytes_ = 0;  // sizes and extensions
  size_t trailer_bytes_ = 0;
  std::string line_;  // of the trailer section, up to here
};

}  // namespace thalweg
