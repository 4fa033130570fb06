#include "http/live_hub.h"

#include <utility>

#include "engine/engine.h"

namespace thalweg {

LiveHub::LiveHub(LiveShared& shared, StreamHandle stream)
    : shared_(shared),
      stream_(std::move(stream)),
      polls_(*this),
      sse_(*this),
      self_(std::make_shared<LiveHub*>(this)) {
  shared_.context.port.Watch(stream_, this);
}

LiveHub::~LiveHub() { shared_.context.port.Unwatch(stream_, this); }

StreamInfo LiveHub::info() const { return Engine::Info(stream_); }

std::optional<ReadOutcome> LiveHub::Read(Offset from, size_t page_bytes_max) {
  ReadOutcome outcome = shared_.context.engine.Read(stream_, from, page_bytes_max);
  if (outcome.rests_on <= shared_.context.engine.durable()) return outcome;
  if (shared_.context.engine.failed()) {
    outcome = {};
    outcome.verdict = ReadVerdict::kFailed;
    return outcome;
  }
  if (!std::exchange(look_scheduled_, true)) {
    shared_.context.port.WhenDurable(outcome.rests_on, [weak = std::weak_ptr(self_)] {
      if (const auto self = weak.lock()) (*self)->LookAgain();
    });
  }
  return std::nullopt;
}

void LiveHub::LookAgain() {
  look_scheduled_ = false;
  polls_.LookAll();
  sse_.Publish();
  sse_.ResumeBehind();
}

void LiveHub::OnStreamChanged() {
  polls_.LookAll();
  sse_.Publish();
}

void LiveHub::ReaderEnded() {
  if (!std::exchange(sweep_scheduled_, true)) shared_.ScheduleSweep(stream_.get());
}

void LiveHub::Sweep() {
  sweep_scheduled_ = false;
  polls_.Sweep();
  sse_.Sweep();
}

void LiveHub::Shutdown() {
  polls_.AnswerAll();
  sse_.EndAll();
}

}  // namespace thalweg
