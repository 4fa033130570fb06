#include "http/sse_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/assert.h"
#include "http/caching.h"
#include "http/live_sse.h"
#include "http/room_waits.h"

namespace thalweg {
namespace {

// Data of one reader that goes out with its control in one piece: a transport may send each piece
// with a call of its own, which costs more than the copy.
constexpr size_t kCopiedDataBytesMax = 4096;
constexpr size_t kControlBytesMax = 160;

constexpr int64_t kInsideCheckMs = 1'000;  // inside an event the timer looks again after this

// Who takes no piece of an event for so long is cut off where the response's age is over, or sooner
// where the router shuts down: a transport may have no such limit of its own.
constexpr int64_t kStalledMs = 300'000;

constexpr int64_t kEarlierShare = 10;  // responses end up to a tenth earlier, not all at once

}  // namespace

SseReader::SseReader(LiveSse& flow, LiveShared& shared, Responder& responder, Offset offset,
                     std::optional<uint64_t> client_cursor)
    : flow_(flow),
      shared_(shared),
      responder_(&responder),
      place_{.offset = offset},
      cursor_(shared.FirstCursor(client_cursor)),
      written_ms_(shared.now_ms()) {
  const int64_t age_ms = shared.context.options.sse_max_age_ms;
  end_ms_ = written_ms_ + age_ms - shared.Random(age_ms / kEarlierShare);
  responder.SetEvents(this);
}

SseReader::~SseReader() {
  if (ended()) return;
  responder_->SetEvents(nullptr);
  responder_->Abort();
}

void SseReader::Start(ContentKind kind, bool at_closed_end, bool is_authorized) {
  Head head(shared_.context);
  const CachePolicy policy = PolicyFor(is_authorized, shared_.context.options.cache_policy);
  head.ContentType("text/event-stream").CacheControl(EventsCacheControlOf(policy));
  head.Add("x-accel-buffering", "no");  // nginx, as it is by default, would hold events back
  if (kind == ContentKind::kBytes) head.Add("stream-sse-data-encoding", "base64");
  if (at_closed_end) head.NextOffset(place_.offset).UpToDate().Closed();
  responder_->Start(200, head.fields(), std::nullopt);
  if (!ended()) ScheduleTimer(shared_.now_ms());
}

void SseReader::Send(const SseEvent& event) {
  THALWEG_ASSERT(!ended() && event.start == place_.offset);
  const bool was_inside = place_.is_inside();
  place_ = event.end();
  if (place_.is_inside()) return Write(event.bytes);
  greeted_ = true;
  cursor_ = std::max(cursor_, event.control.cursor);
  if (event.control.closed || cursor_ == event.control.cursor) {
    Write(event.bytes);
  } else {
    WriteWithOwnCursor(event);
  }
  const bool is_over = shared_.shut_down || (was_inside && written_ms_ >= end_ms_);
  const bool is_last = event.control.closed || is_over;
  if (is_last && !ended()) End();
}

// This connection has been given a later cursor: the control is its own, and the data is shared
// where it is long.
void SseReader::WriteWithOwnCursor(const SseEvent& event) {
  SseControl control = event.control;
  control.cursor = cursor_;
  const Bytes data = event.bytes.Slice(0, event.data_bytes);
  const bool is_short = data.size() <= kCopiedDataBytesMax;
  std::string text;
  text.reserve((is_short ? data.size() : 0) + kControlBytesMax);
  if (is_short) text += data.view();
  AppendSseControl(control, text);
  if (!is_short) Write(data);
  if (!ended()) Write(Bytes::Own(std::move(text)));
}

void SseReader::Write(Bytes bytes) {
  written_ms_ = shared_.now_ms();
  if (!responder_->Write(std::move(bytes))) has_room_ = false;
}

void SseReader::End() {
  THALWEG_ASSERT(!ended());
  TimerWheel::Cancel(*this);
  Responder& responder = *std::exchange(responder_, nullptr);
  responder.SetEvents(nullptr);
  flow_.Forget(*this);
  if (place_.is_inside()) {
    responder.Abort();
  } else {
    responder.Finish();
  }
}

void SseReader::Shutdown() {
  if (!place_.is_inside()) return End();
  shared_.Schedule(*this, shared_.now_ms() + kInsideCheckMs);
}

void SseReader::OnTimer() {
  const int64_t now_ms = shared_.now_ms();
  if (place_.is_inside()) return OnTimerInside(now_ms);
  if (now_ms >= end_ms_) return End();
  Heartbeat(now_ms);
  if (!ended()) ScheduleTimer(now_ms);
}

// No heartbeat may come there, and the end only for who takes nothing any more: a client that reads
// slowly would meet the same event again, and never its end.
void SseReader::OnTimerInside(int64_t now_ms) {
  const bool is_over = shared_.shut_down || now_ms >= end_ms_;
  const int64_t stalled_ms = shared_.shut_down ? kStalledAtShutdownMs : kStalledMs;
  if (is_over && now_ms >= written_ms_ + stalled_ms) return End();
  shared_.Schedule(*this, now_ms + kInsideCheckMs);
}

// A full transport is no silence: the client has bytes yet to read.
void SseReader::Heartbeat(int64_t now_ms) {
  const int64_t heartbeat_ms = shared_.context.options.sse_heartbeat_ms;
  if (!has_room_ || heartbeat_ms <= 0 || now_ms < written_ms_ + heartbeat_ms) return;
  Write(Bytes::Static(kSseHeartbeat));
  if (!has_room_) flow_.FellBehind(*this);
}

void SseReader::ScheduleTimer(int64_t now_ms) {
  const int64_t heartbeat_ms = shared_.context.options.sse_heartbeat_ms;
  const int64_t silence_from_ms = has_room_ ? written_ms_ : now_ms;
  int64_t deadline_ms = end_ms_;
  if (heartbeat_ms > 0) deadline_ms = std::min(deadline_ms, silence_from_ms + heartbeat_ms);
  // Whom it finds then is inside an event, or waits for its first page: others have ended.
  if (shared_.shut_down) deadline_ms = std::min(deadline_ms, now_ms + kInsideCheckMs);
  shared_.Schedule(*this, deadline_ms);
}

void SseReader::OnWritable() {
  has_room_ = true;
  flow_.Resume(*this);
}

void SseReader::OnCancel() {
  TimerWheel::Cancel(*this);
  responder_ = nullptr;
  flow_.Forget(*this);
}

}  // namespace thalweg
