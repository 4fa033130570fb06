// From bytes to requests: HTTP/1.x without sockets, the same at every split of the bytes.
//
// The owner lends bytes with Feed, asks Next until it wants more, then calls Retain before the lent
// bytes go away: only then is what is left copied. One request at a time: Next repeats a request
// until Consume, so it may wait for its turn. Not thread-safe: lives with its connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/chunked_decoder.h"
#include "net/http1_guards.h"
#include "net/rejection.h"
#include "thalweg/http.h"
#include "thalweg/http_limits.h"

namespace thalweg {

class Http1Parser {
 public:
  enum class Event : uint8_t {
    kNeedMore,
    kRequest,   // request() is whole
    kRejected,  // rejection() is the last answer; nothing behind is looked at
  };
  enum class Phase : uint8_t { kIdle, kHead, kBody, kReady, kRejected };

  explicit Http1Parser(const HttpLimits& limits) : limits_(limits) {}
  Http1Parser(const Http1Parser&) = delete;
  Http1Parser& operator=(const Http1Parser&) = delete;

  // Lends `bytes` until Retain. Names of fields are turned to lower case in place.
  // REQUIRES: the bytes fed before are retained.
  void Feed(std::span<char> bytes);
  Event Next();
  // Takes the request away. REQUIRES: Next() said kRequest.
  void Consume();
  // Copies what the parser still needs of the lent bytes.
  void Retain();

  // Valid after kRequest until Consume; its views move with Feed and Retain.
  const Request& request() const { return request_; }
  bool http10() const { return http10_; }
  bool keep_alive() const { return framing_.keep_alive; }

  const Rejection& rejection() const { return *rejection_; }
  // Whether the refused request is known to be a HEAD, whose answer has no body.
  bool rejected_head() const { return request_.method == Method::kHead; }

  Phase phase() const;
  // The client waits for 100 before it sends the body. False once any of the body has come.
  bool awaits_continue() const { return awaits_continue_; }
  void ContinueSent() { awaits_continue_ = false; }

  // Bytes of own heap that it holds.
  size_t held_bytes() const;

 private:
  struct HeadSink;

  std::string_view unread() const { return {input_.data() + begin_, input_.size() - begin_}; }
  Event Reject(Rejection rejection);
  void ScanHead();
  bool OnLine(std::span<char> line);
  void OnRequestLine(std::string_view line);
  void OnFieldLine(std::span<char> line);
  void CheckLineLimit(size_t line_bytes);
  void OnHeadEnd(size_t head_bytes);
  void RunLlhttp(std::string_view head);
  void OnFramed();
  void ReadBody();
  void ReadSizedBody();
  void ReadChunkedBody();
  void OwnHead();
  void Rebase(const char* from, const char* to);

  const HttpLimits& limits_;

  // Input: either lent bytes or all of `left_over_`; what stands before `begin_` is done.
  std::span<char> input_;
  size_t begin_ = 0;
  std::string left_over_;

  // The head while it is scanned, as offsets from `begin_`.
  size_t line_begin_ = 0;          // of the line that is looked for
  size_t searched_ = 0;            // no LF up to here
  size_t request_line_bytes_ = 0;  // with the CRLF; known once it was let pass, as are its parts
  size_t method_bytes_ = 0;
  size_t target_bytes_ = 0;
  uint32_t blank_lines_ = 0;
  uint32_t line_count_ = 0;

  // The request at hand. Its head's views point into the input, or into `head_` once owned.
  enum class State : uint8_t { kHead, kSized, kChunked, kReady, kRejected };
  State state_ = State::kHead;
  bool http10_ = false;
  bool awaits_continue_ = false;
  bool head_owned_ = false;
  bool body_owned_ = false;
  std::string_view head_view_;
  Request request_;
  Framing framing_;
  std::vector<HeaderField> fields_;
  std::string head_;
  std::string body_;
  std::optional<ChunkedDecoder> chunks_;
  std::optional<Rejection> rejection_;
};

}  // namespace thalweg
