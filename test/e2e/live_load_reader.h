// One live reader: follows a stream by SSE or long-poll, resumes where it was cut, and checks every
// byte, every offset's order and every cursor against what was written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "live_load_response.h"

namespace thalweg::load {

enum class Kind : uint8_t { kText, kJson, kBytes };

std::string_view ContentTypeOf(Kind kind);

// A stream and what its readers must see of it: its wire bytes so far.
struct Stream {
  std::string path;
  Kind kind = Kind::kText;
  std::string written;
  bool closed = false;
};

class Reader {
 public:
  enum class Mode : uint8_t { kSse, kLongPoll };

  Reader(const Stream& stream, Mode mode) : stream_(stream), mode_(mode) {}

  // The connection is new; what was seen since the last offset is forgotten. Returns the request.
  std::string Connect();

  // Bytes from the server. Returns a request to send next; may be empty.
  std::string Feed(std::string_view bytes);

  bool wants_new_connection() const { return wants_new_connection_; }
  bool done() const { return done_; }  // saw the close, and every byte before it
  bool failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }
  const Stream& stream() const { return stream_; }
  size_t received() const { return committed_; }

 private:
  std::string Request() const;
  void OnHead();
  void OnEvents();
  void OnEvent(std::string_view event);
  void OnData(const std::string& data);
  void OnControl(const std::string& json);
  std::string OnEnd();
  void OnLongPollAnswer();

  void Check(std::string_view wire);
  void Commit(const std::string& offset, const std::string& cursor, bool closed);
  void Fail(std::string why);

  const Stream& stream_;
  const Mode mode_;
  ResponseReader response_;
  std::string body_;                // of a long-poll; of SSE what is no whole event yet
  std::string offset_ = "-1";       // the last one seen
  size_t committed_ = 0;            // bytes before offset_
  size_t received_ = 0;             // bytes seen; those past committed_ await their control event
  std::optional<uint64_t> cursor_;  // the last one seen, over all connections
  std::optional<uint64_t> cursor_here_;  // on this connection
  std::optional<uint64_t> cursor_sent_;  // with this connection's request
  bool wants_new_connection_ = false;
  bool done_ = false;
  std::string failure_;
};

}  // namespace thalweg::load
