#include "net/http1_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/assert.h"
#include "base/retry_interrupted.h"

namespace thalweg {

namespace {

constexpr int kReadsPerRun = 4;    // then other connections get their turn
constexpr int kRefillsPerRun = 8;  // of a response that follows its socket
constexpr int64_t kLingerSilenceMs = 2'000;
constexpr int64_t kLingerMs = 30'000;
constexpr size_t kLingerBytes = 16u << 20;  // or a whole body, where that may be longer
constexpr size_t kFreeBytes = 16u << 10;    // so much of a request has always room
constexpr int64_t kSlowRequestBytesPerSecond = 16 << 10;
// Of an answer of which much is held (HoldsMuch). Who cannot take so much never gets to the end of
// a long page.
constexpr int64_t kSlowAnswerBytesPerSecond = 4 << 10;
constexpr size_t kLongAnswerBytes = 1u << 20;  // more than a live reader is sent at a time

ssize_t ReceiveSome(int fd, std::span<char> buffer) {
  return RetryInterrupted([&] { return ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT); });
}

}  // namespace

Http1Connection::Http1Connection(Http1Shared& shared, int fd, ConnectionLimit::Place place)
    : shared_(shared), fd_(fd), place_(place) {
  if (shared_.loop().Add(fd_, EPOLLIN | EPOLLOUT | EPOLLRDHUP, this)) {
    UpdateDeadline();
  } else {
    ::close(fd_);
    fd_ = -1;
  }
}

Http1Connection::~Http1Connection() { THALWEG_ASSERT(closed()); }

void Http1Connection::OnIo(uint32_t epoll_events) {
  // Nobody is left to read an answer. A lingering connection has said its last word, and then that
  // the client has, too, is a HUP while there is still something to read.
  if ((epoll_events & EPOLLERR) != 0 || ((epoll_events & EPOLLHUP) != 0 && !lingering_)) {
    Close();
    return;
  }
  if ((epoll_events & EPOLLOUT) != 0) writable_ = true;
  if ((epoll_events & (EPOLLIN | EPOLLRDHUP)) != 0) readable_ = true;
  if ((epoll_events & EPOLLRDHUP) != 0) peer_half_closed_ = true;
  if (!Receive()) Run();
}

void Http1Connection::OnTurnEnd() {
  scheduled_ = false;
  if (!closed()) Run();
}

void Http1Connection::Reject(const Rejection& rejection) {
  if (!rejection_) rejection_ = rejection;
  if (parser_ != nullptr) rejected_head_ = parser_->rejected_head();
  ScheduleRun();
}

void Http1Connection::Drain() {
  ScheduleRun();  // AfterFlush closes what is idle
}

void Http1Connection::Close() {
  if (closed()) return;
  shared_.loop().Remove(fd_, this);
  ::close(fd_);
  fd_ = -1;
  TimerWheel::Cancel(*this);
  shared_.CountRequestBytes(std::exchange(counted_bytes_, 0), 0);
  const std::vector<Http1Responder*> pending = std::move(pending_);
  pending_.clear();
  out_.Clear();
  shared_.Bury(*this);
  for (Http1Responder* responder : pending) responder->OnConnectionGone();
}

void Http1Connection::OnOutput() {
  if (!running_) ScheduleRun();
}

void Http1Connection::OnEnded() {
  if (!running_) ScheduleRun();
}

bool Http1Connection::SendNow(std::string_view bytes) {
  const size_t sent = out_.SendNow(fd_, bytes);
  shared_.counts().sent_bytes.Add(sent);
  if (sent == bytes.size()) return true;
  if (sent == 0) return false;
  out_.Text().append(bytes.substr(sent));
  ScheduleRun();
  return true;
}

bool Http1Connection::ClosesAfter(const Http1Responder& responder) const {
  return shared_.draining() && pending_.back() == &responder;
}

size_t Http1Connection::held_bytes() const {
  const size_t parser_bytes = parser_ == nullptr ? 0 : sizeof *parser_ + parser_->held_bytes();
  return sizeof *this + parser_bytes + out_.held_bytes() +
         pending_.capacity() * sizeof(Http1Responder*);
}

void Http1Connection::ScheduleRun() {
  if (scheduled_ || closed()) return;
  scheduled_ = true;
  shared_.Schedule(*this);
}

// Reads what a connection that was at rest has received, and leaves it to Http1Shared, to be
// handled together with what others have. False: nothing was read.
bool Http1Connection::Receive() {
  if (parser_ != nullptr || !pending_.empty() || close_after_output_ || rejection_ || lingering_) {
    return false;
  }
  const size_t bytes = ReadOnce();
  if (bytes == 0) return false;
  shared_.AddReceived(*this, bytes);
  return true;
}

std::optional<std::string_view> Http1Connection::ReceivedPath() {
  if (parser_ == nullptr || parser_->Next() != Http1Parser::Event::kRequest) return std::nullopt;
  return parser_->request().path;
}

void Http1Connection::Run() {
  Handle();
  Send();
}

// Alternates between requests and the socket.
void Http1Connection::Handle() {
  if (closed() || lingering_) return;
  running_ = true;
  for (int reads = 0;; ++reads) {
    PopEnded();
    if (closed()) return;
    dispatch_blocked_ = !Dispatch();
    if (closed()) return;
    if (dispatch_blocked_ || reads == kReadsPerRun || ReadOnce() == 0) break;
  }
  if (closed()) return;
  RetainInput();
  RefuseTooMuch();
  running_ = false;
}

void Http1Connection::Send() {
  if (closed()) return;
  running_ = true;
  if (lingering_) {
    Linger();
  } else if (FlushAndRefill()) {
    if (readable_ && !eof_ && !dispatch_blocked_) ScheduleRun();
    AfterFlush();
  }
  running_ = false;
  if (!closed()) UpdateDeadline();
}

// What was read and is not done with outlives the buffer.
void Http1Connection::RetainInput() {
  if (parser_ != nullptr) {
    parser_->Retain();
    if (parser_->is_new()) shared_.ReturnParser(std::move(parser_));
  }
  CountRequest();
  if (received_bytes() > kFreeBytes && long_request_ != requests_) {
    long_request_ = requests_;
    long_begin_ms_ = shared_.loop().now_ms();
  }
}

// Whether a refusal gives back what others need: of a long head, or of a body.
bool Http1Connection::TakesMuch() const {
  return parser_ != nullptr && long_request_ == requests_ && !rejection_;
}

void Http1Connection::RefuseTooMuch() {
  if (!TakesMuch() || shared_.MakeRoomForRequests()) return;
  if (TakesMuch()) RefuseForMemory();  // else it was one of the slow
}

void Http1Connection::RefuseIfSlow(int64_t now_ms) {
  if (!TakesMuch()) return;
  const int64_t least = (now_ms - long_begin_ms_) * kSlowRequestBytesPerSecond / 1000;
  if (static_cast<int64_t>(received_bytes()) < least) RefuseForMemory();
}

void Http1Connection::RefuseForMemory() {
  if (close_after_output_) return DropInput();  // no further answer goes out
  shared_.handler().OnTurnedAway(TurnedAway::kRequest);
  Reject({503, "other requests that are under way take all memory for them", "too-many-bodies"});
  DropInput();
}

// What has come of requests is nobody's from now on.
void Http1Connection::DropInput() {
  parser_.reset();
  CountRequest();
}

void Http1Connection::CountRequest() {
  if (pending_.empty() || !pending_.back()->holds_next()) copied_bytes_ = 0;
  const size_t bytes = copied_bytes_ + received_bytes();
  shared_.CountRequestBytes(std::exchange(counted_bytes_, bytes), bytes);
}

Http1Parser::Phase Http1Connection::phase() const {
  return parser_ == nullptr ? Http1Parser::Phase::kIdle : parser_->phase();
}

size_t Http1Connection::received_bytes() const {
  return parser_ == nullptr ? 0 : parser_->received_bytes();
}

// Returns how many bytes came.
size_t Http1Connection::ReadOnce() {
  if (!readable_ || eof_) return 0;
  RetainInput();  // the buffer is used again
  const std::span<char> buffer = shared_.read_buffer();
  const ssize_t got = ReceiveSome(fd_, buffer);
  if (got < 0 && errno == EAGAIN) {
    readable_ = false;
    return 0;
  }
  if (got < 0) {
    Close();
    return 0;
  }
  if (got == 0) {
    eof_ = true;
    return 0;
  }
  bytes_in_ += static_cast<uint64_t>(got);
  shared_.counts().received_bytes.Add(static_cast<uint64_t>(got));
  // A short read has emptied the socket, and whatever comes now is a new edge; but an end that was
  // told before is not told again.
  if (static_cast<size_t>(got) < buffer.size() && !peer_half_closed_) readable_ = false;
  if (parser_ == nullptr) parser_ = shared_.TakeParser();
  parser_->Feed(buffer.first(static_cast<size_t>(got)));
  return static_cast<size_t>(got);
}

// Hands over the requests at hand. False: no further one may be looked at now.
bool Http1Connection::Dispatch() {
  while (!closed() && !close_after_output_ && !rejection_) {
    if (parser_ == nullptr) return true;
    switch (parser_->Next()) {
      case Http1Parser::Event::kNeedMore:
        if (parser_->awaits_continue() && pending_.empty()) SendContinue();
        return true;
      case Http1Parser::Event::kRejected:
        rejection_ = parser_->rejection();
        rejected_head_ = parser_->rejected_head();
        return false;
      case Http1Parser::Event::kRequest:
        if (!MayDispatch(parser_->request().method)) return false;
        DispatchOne();
    }
  }
  return false;
}

// Appends are decided, in order, while earlier appends wait for the log; whatever else waits until
// all earlier answers are there, so that a client on one connection always reads its own writes.
bool Http1Connection::MayDispatch(Method method) const {
  if (pending_.size() >= shared_.limits().pipelined_max) return false;
  if (out_.cost() > shared_.limits().output_bytes_max) return false;
  if (pending_.empty()) return true;
  const Http1Responder& last = *pending_.back();
  return method == Method::kPost && !last.closes_connection() && !last.holds_next() &&
         pending_.front()->traits().method == Method::kPost;
}

void Http1Connection::DispatchOne() {
  const Request request = parser_->request();
  Http1Responder& responder = shared_.TakeResponder();
  responder.Begin(*this, {request.method, parser_->http10(), parser_->keep_alive()});
  pending_.push_back(&responder);
  if (pending_.size() == 1) responder.BecomeFirst(out_);
  const bool last = !parser_->keep_alive();
  shared_.handler().Handle(request, responder);
  if (closed()) return;
  if (responder.holds_next()) {
    copied_bytes_ = parser_->head_bytes() + request.body.size();  // it is handled later
  }
  parser_->Consume();
  ++requests_;
  if (last) close_after_output_ = true;
  PopEnded();
}

void Http1Connection::SendContinue() {
  out_.Text().append("HTTP/1.1 100 Continue\r\n\r\n");
  parser_->ContinueSent();
}

// Follows up the answers that have ended, in order. True: there were any.
bool Http1Connection::PopEnded() {
  bool popped = false;
  while (!pending_.empty()) {
    Http1Responder& first = *pending_.front();
    if (first.aborted()) {
      EndAt(first);
      return true;
    }
    if (!first.finished()) return popped;
    if (first.closes_connection()) close_after_output_ = true;
    pending_.erase(pending_.begin());
    shared_.ReturnResponder(first);
    if (!pending_.empty() && !pending_.front()->aborted()) pending_.front()->BecomeFirst(out_);
    popped = true;
  }
  return popped;
}

// The answers before an aborted one of which nothing has gone out are whole: their client gets
// them, also what the system still has of them.
void Http1Connection::EndAt(const Http1Responder& aborted) {
  const bool is_none_before = requests_ == pending_.size();
  if (is_none_before || aborted.has_gone_out()) return Reset();
  close_after_output_ = true;
  for (Http1Responder* responder : std::exchange(pending_, {})) responder->OnConnectionGone();
}

// False: closed.
bool Http1Connection::FlushAndRefill() {
  const size_t low_cost = shared_.limits().output_bytes_max / 2;
  for (int round = 0; round < kRefillsPerRun; ++round) {
    if (pending_.empty() && rejection_ && !close_after_output_) {
      AppendRejection(*rejection_, shared_.date_line(), shared_.handler().common_fields(),
                      rejected_head_, out_.Text());
      shared_.counts().CountAnswer(std::nullopt, rejection_->status);
      close_after_output_ = true;
    }
    if (!out_.empty() && writable_) {
      const uint64_t sent_before = out_.sent_bytes();
      const OutputQueue::Progress progress = out_.Flush(fd_);
      shared_.counts().sent_bytes.Add(out_.sent_bytes() - sent_before);
      if (progress == OutputQueue::Progress::kFailed) {
        Close();
        return false;
      }
      // Whole answers before it may go with it; whoever is reset asks again.
      if (progress == OutputQueue::Progress::kUnreadable) {
        shared_.counts().aborted.Add();
        shared_.handler().OnTurnedAway(TurnedAway::kUnreadable);
        Reset();
        return false;
      }
      if (progress == OutputQueue::Progress::kBlocked) writable_ = false;
      if (progress == OutputQueue::Progress::kTurn) {
        ScheduleRun();
        return true;
      }
    }
    const bool refill =
        !pending_.empty() && pending_.front()->waits_for_room() && out_.cost() <= low_cost;
    if (!refill) return true;
    pending_.front()->OnRoom();
    if (PopEnded()) ScheduleRun();  // what waited for this answer
    if (closed()) return false;
  }
  ScheduleRun();
  return true;
}

void Http1Connection::AfterFlush() {
  const bool quiet = pending_.empty() && out_.empty();
  if (quiet && close_after_output_) {
    StartLinger();
    return;
  }
  // What else is blocked goes on with the Run of an ended answer or of a writable socket.
  if (dispatch_blocked_ && pending_.empty() && !close_after_output_ && !rejection_ &&
      out_.cost() <= shared_.limits().output_bytes_max) {
    ScheduleRun();
  }
  if (quiet && shared_.draining() && phase() == Http1Parser::Phase::kIdle) {
    if (!HasInput()) return Close();
    readable_ = true;
    ScheduleRun();
    return;
  }
  if ((eof_ || peer_half_closed_) && IsDoneWithEof()) Close();
}

// What has come by now, whether the loop has told of it or not.
bool Http1Connection::HasInput() const {
  char byte = 0;
  return ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

// The client sends no more. It gets the answers to what it sent, but for a live read: who ends its
// side while it only waits has gone away.
bool Http1Connection::IsDoneWithEof() const {
  if (!out_.empty()) return false;
  if (!pending_.empty()) return pending_.front()->is_live();
  return eof_ && !dispatch_blocked_ && !rejection_;
}

// A close with unread bytes makes the kernel reset the connection, which may cost the client the
// answer. So: RFC 9112 9.6: "the server first performs a half-close by closing only the write side
// of the read/write connection ... then continues to read from the connection until it receives a
// corresponding close by the client, or until the server is reasonably certain". Many a client
// reads nothing until it has sent all of a request, refused or not.
void Http1Connection::StartLinger() {
  if (eof_) {
    Close();
    return;
  }
  ::shutdown(fd_, SHUT_WR);
  lingering_ = true;
  readable_ = true;
  linger_end_ms_ = shared_.loop().now_ms() + kLingerMs;
  const uint64_t usual = std::max(kLingerBytes, shared_.limits().body_bytes_max);
  const uint64_t declared = parser_ == nullptr ? 0 : parser_->declared_body_bytes();
  DropInput();
  linger_bytes_left_ = std::max(usual, std::min(declared, 4 * usual));
  Linger();
}

void Http1Connection::Linger() {
  const std::span<char> buffer = shared_.read_buffer();
  for (int reads = 0; readable_ && reads < kReadsPerRun; ++reads) {
    const ssize_t got = ReceiveSome(fd_, buffer);
    if (got < 0 && errno == EAGAIN) {
      readable_ = false;
      return;
    }
    if (got > 0) shared_.counts().received_bytes.Add(static_cast<uint64_t>(got));
    if (got <= 0 || static_cast<uint64_t>(got) >= linger_bytes_left_) return Close();
    linger_bytes_left_ -= static_cast<uint64_t>(got);
  }
  if (readable_) ScheduleRun();
}

// The client learns at once that the answer is not whole.
void Http1Connection::Reset() {
  const linger immediate{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &immediate, sizeof immediate);
  Close();
}

Http1Connection::Wait Http1Connection::WaitsFor() const {
  if (lingering_) return Wait::kLinger;
  if (!out_.empty()) return Wait::kWrite;
  if (!pending_.empty()) return Wait::kNothing;
  switch (phase()) {
    case Http1Parser::Phase::kIdle: return Wait::kIdle;
    case Http1Parser::Phase::kHead: return Wait::kHead;
    case Http1Parser::Phase::kBody: return Wait::kBody;
    case Http1Parser::Phase::kReady:
    case Http1Parser::Phase::kRejected: return Wait::kNothing;
  }
  AssertionFailed("unknown phase", __FILE__, __LINE__);
}

int64_t Http1Connection::TimeoutOf(Wait wait) const {
  const HttpLimits& limits = shared_.limits();
  switch (wait) {
    case Wait::kIdle: return limits.idle_timeout_ms;
    case Wait::kHead: return limits.header_timeout_ms;
    case Wait::kBody: return limits.body_timeout_ms;
    case Wait::kWrite: return limits.write_timeout_ms;
    case Wait::kLinger: return kLingerSilenceMs;
    case Wait::kNothing: break;
  }
  AssertionFailed("nothing has no timeout", __FILE__, __LINE__);
}

uint64_t Http1Connection::ProgressOf(Wait wait) const {
  switch (wait) {
    case Wait::kIdle:
    case Wait::kBody: return bytes_in_;
    case Wait::kHead: return requests_;
    case Wait::kWrite: return out_.sent_bytes();
    case Wait::kLinger: return linger_bytes_left_;
    case Wait::kNothing: return 0;
  }
  AssertionFailed("unknown wait", __FILE__, __LINE__);
}

// What is held of a file stays on the disk though a merge has removed it; what is held of memory
// stays there though a checkpoint has written it.
bool Http1Connection::HoldsMuch() const {
  const size_t much = std::max(kLongAnswerBytes, shared_.limits().output_bytes_max);
  return out_.holds_file() || out_.cost() > much;
}

// A deadline moves when the wait is a new one, and within a body or an answer with each progress.
// The timer itself is only touched where it would fire too late: OnTimer sets it anew.
void Http1Connection::UpdateDeadline() {
  const Wait wait = WaitsFor();
  const uint64_t progress = ProgressOf(wait);
  if (wait == wait_ && progress == wait_progress_) return;
  const bool earns_time = wait == wait_ && wait == Wait::kWrite && HoldsMuch();
  const uint64_t moved = progress - wait_progress_;
  wait_ = wait;
  wait_progress_ = progress;
  if (wait == Wait::kNothing) return;
  const int64_t now_ms = shared_.loop().now_ms();
  int64_t deadline_ms = now_ms + TimeoutOf(wait);
  if (wait == Wait::kLinger) deadline_ms = std::min(deadline_ms, linger_end_ms_);
  // A reader may be late by the timeout, but not go on for ever with a few bytes at a time.
  if (earns_time) {
    const int64_t earned_ms = static_cast<int64_t>(moved) * 1000 / kSlowAnswerBytesPerSecond;
    deadline_ms = std::min(deadline_ms, std::max(deadline_ms_, now_ms) + earned_ms);
  }
  deadline_ms_ = deadline_ms;
  if (scheduled() && timer_ms_ <= deadline_ms_) return;
  timer_ms_ = deadline_ms_;
  shared_.loop().timers().Schedule(*this, timer_ms_);
}

void Http1Connection::OnTimer() {
  // The client may have done its part in time, and the loop not told of it yet: a turn has only so
  // many events, and the whole process may have stood still.
  if (wait_ != Wait::kNothing && shared_.loop().now_ms() >= deadline_ms_) {
    readable_ = writable_ = true;
    Run();
  }
  if (closed() || wait_ == Wait::kNothing) return;
  if (shared_.loop().now_ms() < deadline_ms_) {
    timer_ms_ = deadline_ms_;
    shared_.loop().timers().Schedule(*this, timer_ms_);
    return;
  }
  switch (wait_) {
    case Wait::kHead: Reject({408, "the head of the request took too long"}); return;
    case Wait::kBody: Reject({408, "the body of the request took too long"}); return;
    case Wait::kWrite: Reset(); return;
    case Wait::kIdle:
    case Wait::kLinger:
    case Wait::kNothing: Close(); return;
  }
}

}  // namespace thalweg
