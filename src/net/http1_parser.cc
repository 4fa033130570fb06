#include "net/http1_parser.h"

#include <algorithm>

#include "base/assert.h"

namespace thalweg {

namespace {

// A body's memory grows with what arrives, so that a mere promise costs little: at first it is so
// much, and then so many times what has come, or all of it where that is no more than twice as
// much. Less often than a string's own way, for each time all of it is copied.
constexpr size_t kReserveFirst = 16u << 10;
constexpr size_t kReserveTimes = 16;

// What a string may keep of its memory between two requests.
constexpr size_t kKeptBytes = 512;

void Release(std::string& text) {
  text.clear();
  if (text.capacity() > kKeptBytes) std::string().swap(text);
}

}  // namespace

void Http1Parser::Feed(std::span<char> bytes) {
  THALWEG_ASSERT(input_.data() == nullptr || input_.data() == left_over_.data());
  if (left_over_.empty()) {
    begin_ = 0;
    input_ = bytes;
    return;
  }
  left_over_.append(bytes.data(), bytes.size());
  input_ = left_over_;
}

Http1Parser::Event Http1Parser::Next() {
  if (state_ == State::kHead) ReadHead();
  if (state_ == State::kSized || state_ == State::kChunked) ReadBody();
  switch (state_) {
    case State::kReady: return Event::kRequest;
    case State::kRejected: return Event::kRejected;
    case State::kHead:
    case State::kSized:
    case State::kChunked: return Event::kNeedMore;
  }
  AssertionFailed("unknown state", __FILE__, __LINE__);
}

void Http1Parser::Consume() {
  THALWEG_ASSERT(state_ == State::kReady);
  state_ = State::kHead;
  head_owned_ = body_owned_ = false;
  head_.Clear();
  Release(owned_head_);
  Release(body_);
  chunks_.reset();
}

void Http1Parser::Retain() {
  if (is_new()) {  // as most often
    input_ = {};
    begin_ = 0;
    head_.ReleaseMemory();
    return;
  }
  if (state_ == State::kReady) {
    OwnHead();
    if (!body_owned_) {
      body_.assign(request().body);
      OnOwnBody();
    }
  }
  if (state_ == State::kRejected) begin_ = input_.size();
  if (input_.data() == left_over_.data() && !left_over_.empty()) {
    left_over_.erase(0, begin_);
    if (left_over_.empty()) Release(left_over_);
  } else {
    left_over_.assign(unread().data(), unread().size());
  }
  input_ = left_over_;
  begin_ = 0;
  if (phase() == Phase::kIdle) head_.ReleaseMemory();
}

Http1Parser::Phase Http1Parser::phase() const {
  switch (state_) {
    case State::kHead: return unread().size() <= head_.blank_bytes() ? Phase::kIdle : Phase::kHead;
    case State::kSized:
    case State::kChunked: return Phase::kBody;
    case State::kReady: return Phase::kReady;
    case State::kRejected: return Phase::kRejected;
  }
  AssertionFailed("unknown state", __FILE__, __LINE__);
}

bool Http1Parser::is_new() const {
  return state_ == State::kHead && unread().empty() && left_over_.empty();
}

size_t Http1Parser::held_bytes() const {
  return left_over_.capacity() + head_.held_bytes() + owned_head_.capacity() + body_.capacity();
}

void Http1Parser::Reject(Rejection rejection) {
  rejection_ = rejection;
  state_ = State::kRejected;
  Release(owned_head_);  // the rejection may have to wait for answers
  Release(body_);
}

void Http1Parser::ReadHead() {
  if (unread().empty()) return;
  switch (head_.Read(unread())) {
    case RequestHead::Progress::kNeedMore: return;
    case RequestHead::Progress::kRejected: return Reject(head_.rejection());
    case RequestHead::Progress::kWhole: break;
  }
  head_bytes_ = {unread().data(), head_.bytes()};
  begin_ += head_.bytes();
  OnFramed();
}

void Http1Parser::OnFramed() {
  if (head_.chunked()) {
    chunks_.emplace(ChunkedDecoder::Limits{limits_.body_bytes_max, limits_.header_bytes_max});
    state_ = State::kChunked;
  } else if (head_.content_length() > limits_.body_bytes_max) {
    return Reject({413, "the body is longer than this server takes"});
  } else {
    state_ = State::kSized;
  }
  awaits_continue_ = head_.expects_continue() && (head_.chunked() || head_.content_length() > 0);
}

void Http1Parser::ReadBody() {
  if (!unread().empty()) awaits_continue_ = false;
  if (state_ == State::kSized) {
    ReadSizedBody();
  } else {
    ReadChunkedBody();
  }
  if (state_ == State::kSized || state_ == State::kChunked) OwnHead();
}

void Http1Parser::ReadSizedBody() {
  const std::string_view input(unread().data(), unread().size());
  const auto promised = static_cast<size_t>(head_.content_length());
  const size_t missing = promised - body_.size();
  if (body_.empty() && input.size() >= missing) {  // all in one place: no copy
    head_.request().body = input.substr(0, missing);
    begin_ += missing;
    state_ = State::kReady;
    return;
  }
  const size_t taken = std::min(missing, input.size());
  if (const size_t bytes = body_.size() + taken; bytes > body_.capacity()) {
    const size_t room = std::max(kReserveFirst, bytes * kReserveTimes);
    body_.reserve(promised / 2 <= room ? promised : room);
  }
  body_.append(input.substr(0, taken));
  begin_ += taken;
  if (taken < missing) return;
  OnOwnBody();
  state_ = State::kReady;
}

void Http1Parser::ReadChunkedBody() {
  std::string_view input(unread().data(), unread().size());
  const std::optional<Rejection> rejection = chunks_->Decode(input, body_);
  begin_ = input_.size() - input.size();
  if (rejection) {
    Reject(*rejection);
  } else if (chunks_->done()) {
    OnOwnBody();
    state_ = State::kReady;
  }
}

// The body of the request stands in `body_`.
void Http1Parser::OnOwnBody() {
  head_.request().body = body_;
  head_.request().body_memory = &body_;
  body_owned_ = true;
}

// Copies the head out of the input, which will go away before the request is whole or dispatched.
void Http1Parser::OwnHead() {
  if (head_owned_) return;
  owned_head_.assign(head_bytes_);
  head_.MoveTo(owned_head_.data());
  head_owned_ = true;
}

}  // namespace thalweg
