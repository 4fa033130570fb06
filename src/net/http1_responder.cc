#include "net/http1_responder.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/assert.h"
#include "base/decimal.h"
#include "base/http_status.h"
#include "net/http1_connection.h"
#include "net/http1_shared.h"
#include "net/rejection.h"

namespace thalweg {

namespace {

// An event of a few appends. Longer ones are not copied once more, and keep to what the queue sends
// in one turn: a reader that catches up writes such ones.
constexpr size_t kShortChunkBytesMax = 4096;
constexpr size_t kChunkFrameBytesMax = 16;

}  // namespace

void Http1Responder::Start(int status, const HeaderList& headers,
                           std::optional<uint64_t> content_length) {
  if (connection_ == nullptr) return;
  THALWEG_ASSERT(state_ == State::kWaiting);
  THALWEG_ASSERT(status >= 200 && status <= 599);
  state_ = State::kStarted;
  begun_ = true;
  shared_.counts().CountAnswer(traits_.method, status);
  shared_.counts().CountWait(traits_.method, status, begin_us_, shared_.loop().now_us());
  ChooseFraming(status, content_length);
  closes_connection_ = !traits_.keep_alive || framing_ == BodyFraming::kUntilClose ||
                       connection_->ClosesAfter(*this);
  AppendHead(status, headers, StatusHasBody(status) ? content_length : std::nullopt);
  connection_->OnOutput();
}

bool Http1Responder::Write(Bytes bytes) {
  if (SendShortChunk(bytes.view())) return true;
  const size_t size = bytes.size();
  return AppendPart(std::move(bytes), size);
}

bool Http1Responder::WriteFile(FileRange range) {
  const uint64_t length = range.length;
  return AppendPart(std::move(range), length);
}

void Http1Responder::Finish() {
  if (connection_ != nullptr) {
    THALWEG_ASSERT(state_ == State::kStarted);
    if (framing_ == BodyFraming::kLength && length_left_ > 0) {  // the client must not take it
      Abort();                                                   // for whole
      return;
    }
    if (framing_ == BodyFraming::kChunked) out().Text().append("0\r\n\r\n");
  }
  End(State::kFinished);
}

void Http1Responder::Abort() {
  if (connection_ != nullptr && begun_) shared_.counts().aborted.Add();
  End(State::kAborted);
}

bool Http1Responder::HoldNext(bool hold) {
  holds_next_ = hold;
  if (!hold && connection_ != nullptr) connection_->OnNextReleased();
  return true;
}

void Http1Responder::Begin(Http1Connection& connection, Traits traits) {
  THALWEG_ASSERT(state_ == State::kIdle);
  connection_ = &connection;
  traits_ = traits;
  begin_us_ = shared_.loop().now_us();
  state_ = State::kWaiting;
}

void Http1Responder::BecomeFirst(OutputQueue& connection_queue) {
  connection_queue.Splice(own_queue_);
  first_queue_ = &connection_queue;
}

void Http1Responder::OnConnectionGone() {
  connection_ = nullptr;
  first_queue_ = nullptr;
  own_queue_.Clear();
  if (finished() || aborted()) {
    shared_.ReturnResponder(*this);
    return;
  }
  if (events_ == nullptr) return;  // nobody to tell: it stays for the handler to end
  cancelling_ = true;
  std::exchange(events_, nullptr)->OnCancel();
  shared_.ReturnResponder(*this);
}

void Http1Responder::OnRoom() {
  waits_for_room_ = false;
  if (events_ != nullptr) events_->OnWritable();
}

void Http1Responder::Reset() {
  connection_ = nullptr;
  first_queue_ = nullptr;
  own_queue_.Clear();
  events_ = nullptr;
  traits_ = Traits();
  state_ = State::kIdle;
  framing_ = BodyFraming::kNone;
  begun_ = closes_connection_ = waits_for_room_ = holds_next_ = cancelling_ = false;
  length_left_ = 0;
}

void Http1Responder::ChooseFraming(int status, std::optional<uint64_t> content_length) {
  if (!StatusHasBody(status) || traits_.method == Method::kHead) {
    framing_ = BodyFraming::kNone;
  } else if (content_length) {
    framing_ = BodyFraming::kLength;
    length_left_ = *content_length;
  } else {
    // RFC 9112 6.1: "A server MUST NOT send a response containing Transfer-Encoding unless the
    // corresponding request indicates HTTP/1.1 (or later minor revisions)".
    framing_ = traits_.http10 ? BodyFraming::kUntilClose : BodyFraming::kChunked;
  }
}

// The length first: Squid 5.7 takes a head that was cut by its connection's end for a whole one,
// and one that told where to go on, and no length, for a whole page.
void Http1Responder::AppendHead(int status, const HeaderList& headers,
                                std::optional<uint64_t> content_length) {
  std::string& text = out().Text();
  AppendStatusLine(status, text);
  if (content_length) {
    text.append("Content-Length: ");
    AppendNumber(text, *content_length);
    text.append("\r\n");
  }
  if (framing_ == BodyFraming::kChunked) text.append("Transfer-Encoding: chunked\r\n");
  text.append(headers.wire()).append(shared_.date_line());
  if (closes_connection_) {
    text.append("Connection: close\r\n");
  } else if (traits_.http10) {
    text.append("Connection: keep-alive\r\n");
  }
  text.append("\r\n");
}

// A short chunk that nothing has to wait for goes to the socket within the call: of an event to
// 10,000 readers, each then costs 8 % less CPU than by way of its queue and the end of the turn,
// which touch memory that no cache has any more; to 1,000, 7 %. False: it has not been taken.
bool Http1Responder::SendShortChunk(std::string_view bytes) {
  if (state_ != State::kStarted || framing_ != BodyFraming::kChunked) return false;
  if (bytes.empty() || bytes.size() > kShortChunkBytesMax) return false;
  if (first_queue_ == nullptr || !connection_->may_send_now()) return false;
  char chunk[kShortChunkBytesMax + kChunkFrameBytesMax];
  char* at = std::to_chars(chunk, chunk + kChunkFrameBytesMax, bytes.size(), 16).ptr;
  const auto append = [&at](std::string_view text) {
    at = std::copy(text.begin(), text.end(), at);
  };
  append("\r\n");
  append(bytes);
  append("\r\n");
  return connection_->SendNow({chunk, at});
}

template <typename Part>
bool Http1Responder::AppendPart(Part part, uint64_t bytes) {
  if (connection_ == nullptr || aborted()) return true;
  THALWEG_ASSERT(state_ == State::kStarted);
  if (bytes == 0 || framing_ == BodyFraming::kNone) return true;
  if (framing_ == BodyFraming::kLength) {
    THALWEG_ASSERT(bytes <= length_left_);
    length_left_ -= bytes;
  }
  const bool chunked = framing_ == BodyFraming::kChunked;
  if (chunked) {
    std::string& text = out().Text();
    AppendNumber(text, bytes, 16);
    text.append("\r\n");
  }
  out().Append(std::move(part));
  if (chunked) out().Text().append("\r\n");
  connection_->OnOutput();
  waits_for_room_ = out().cost() > shared_.limits().output_bytes_max;
  return !waits_for_room_;
}

void Http1Responder::End(State state) {
  if (cancelling_ || finished() || aborted()) return;
  state_ = state;
  events_ = nullptr;
  if (connection_ == nullptr) {
    shared_.ReturnResponder(*this);
  } else {
    connection_->OnEnded();
  }
}

}  // namespace thalweg
