// From bytes to requests: HTTP/1.x without sockets, the same at every split of the bytes.
//
// The owner lends bytes with Feed, asks Next until it wants more, then calls Retain before the lent
// bytes go away: only then is what is left copied. One request at a time: Next repeats a request
// until Consume, so it may wait for its turn. Not thread-safe: lives with its connection while
// anything of a request is there, then serves another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/chunked_decoder.h"
#include "net/rejection.h"
#include "net/request_head.h"
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

  explicit Http1Parser(const HttpLimits& limits) : limits_(limits), head_(limits) {}
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
  const Request& request() const { return head_.request(); }
  bool http10() const { return head_.http10(); }
  bool keep_alive() const { return head_.keep_alive(); }

  const Rejection& rejection() const { return *rejection_; }
  // What the head said of the body's length; 0: nothing, or no whole head is there; of chunks,
  // which do not tell, as much as can be.
  uint64_t declared_body_bytes() const {
    return head_.chunked() ? UINT64_MAX : head_.content_length();
  }
  // Whether the refused request is known to be a HEAD, whose answer has no body.
  bool rejected_head() const { return request().method == Method::kHead; }

  Phase phase() const;
  // Nothing of a request has come since it was made, or since the last one was consumed.
  bool is_new() const;
  // The client waits for 100 before it sends the body. False once any of the body has come.
  bool awaits_continue() const { return awaits_continue_; }
  void ContinueSent() { awaits_continue_ = false; }

  // Bytes copied of requests that are not done with; lent ones count after Retain.
  size_t received_bytes() const { return left_over_.size() + owned_head_.size() + body_.size(); }
  // Of the request at hand. REQUIRES: its head is whole.
  size_t head_bytes() const { return head_.bytes(); }

  // Bytes of own heap that it holds.
  size_t held_bytes() const;

 private:
  std::span<char> unread() const { return input_.subspan(begin_); }
  void Reject(Rejection rejection);
  void ReadHead();
  void OnFramed();
  void ReadBody();
  void OnOwnBody();
  void ReadSizedBody();
  void ReadChunkedBody();
  void OwnHead();

  const HttpLimits& limits_;

  // Input: either lent bytes or all of `left_over_`; what stands before `begin_` is done.
  std::span<char> input_;
  size_t begin_ = 0;
  std::string left_over_;

  // The request at hand. Its head's views point into the input, or into `owned_head_`.
  enum class State : uint8_t { kHead, kSized, kChunked, kReady, kRejected };
  State state_ = State::kHead;
  bool awaits_continue_ = false;
  bool head_owned_ = false;
  bool body_owned_ = false;
  RequestHead head_;
  std::string_view head_bytes_;
  std::string owned_head_;
  std::string body_;
  std::optional<ChunkedDecoder> chunks_;
  std::optional<Rejection> rejection_;
};

}  // namespace thalweg
