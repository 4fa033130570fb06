// Takes HTTP/1.1 responses out of bytes that come in any pieces. Knows no more of HTTP than a
// measured server needs to answer with (a body has a length or comes in chunks); copies nothing but
// a head that came in pieces.
//
// Belongs to one connection. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace thalweg::bench {

// The head of a response; borrowed for the call that hands it over.
struct ResponseHead {
  int status = 0;
  std::string_view fields;  // the lines behind the status line, each with its CRLF

  // The value of a field, its name in any case; empty where it is not there.
  std::string_view Field(std::string_view name) const;
};

// Who gets the responses. Must not destroy or feed the parser from inside a call.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void OnHead(const ResponseHead& head) = 0;
  virtual void OnBody(std::string_view piece) = 0;
  virtual void OnEnd() = 0;

  // Bytes of a body that Skip() passed over.
  virtual void OnSkipped(uint64_t /*bytes*/) {}
};

class ResponseParser {
 public:
  // Tells `sink` what `bytes` bring. False: this is no response, and the connection is of no use.
  bool Feed(std::string_view bytes, ResponseSink& sink);

  // How many bytes of a body must come next; 0 where something else comes.
  uint64_t body_left() const;

  // As Feed() of that many bytes that nobody needs to see. REQUIRES: bytes <= body_left().
  void Skip(uint64_t bytes, ResponseSink& sink);

  // The connection has ended. Forgets what was begun, so that another connection can be parsed.
  void Reset();

 private:
  enum class State : uint8_t { kHead, kBody, kChunkSize, kChunk, kChunkEnd, kTrailer };

  bool Step(std::string_view& bytes, ResponseSink& sink);
  bool TakeHead(std::string_view& bytes, ResponseSink& sink);
  bool StartBody(const ResponseHead& head, ResponseSink& sink);
  void TakeBody(std::string_view& bytes, ResponseSink& sink);
  void LeaveBody(ResponseSink& sink);
  bool TakeChunkLine(std::string_view& bytes, ResponseSink& sink);
  bool TakeUntil(std::string_view& bytes, std::string_view end, std::string_view& taken);
  void Finish(ResponseSink& sink);

  State state_ = State::kHead;
  uint64_t left_ = 0;    // of the body or the chunk
  std::string partial_;  // the beginning of a head or a line that is not whole yet
  std::string whole_;    // such a head or line once it is
};

}  // namespace thalweg::bench
