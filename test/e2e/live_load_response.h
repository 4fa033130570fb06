// Reads HTTP/1.1 responses from bytes that come in any pieces. Trusts the server's syntax only so
// far as it can check it. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace thalweg::load {

class ResponseReader {
 public:
  enum class Got : uint8_t {
    kNothing,  // needs more bytes
    kHead,     // status and headers are there
    kBody,     // body() has the next piece
    kEnd,      // the response is whole
    kBroken,   // this is no HTTP
  };

  void Feed(std::string_view bytes) { in_ += bytes; }

  // The next thing in what was fed.
  Got Next();

  int status() const { return status_; }
  std::string Header(std::string_view lower_case_name) const;
  std::string_view body() const { return body_; }

 private:
  enum class At : uint8_t { kHead, kLength, kChunkSize, kChunk, kChunkEnd, kEnd };

  Got ReadHead();
  Got ReadChunkSize();
  Got TakeBody();
  bool TakeLine(std::string& line);

  std::string in_;
  At at_ = At::kHead;
  int status_ = 0;
  std::string head_;  // lower-case names, one field a line
  std::string body_;
  uint64_t left_ = 0;  // of the chunk or the body
};

}  // namespace thalweg::load
