#include "http/live_hub.h"

#include <utility>

#include "engine/engine.h"

namespace thalweg {

LiveHub::LiveHub(LiveShared& shared, StreamHandle stream)
    : shared_(shared),
      stream_(std::move(stream)),
      polls_(*this),
      sse_(*this),
      way_back_(std::make_shared<WayBack<LiveHub>>(*this, shared.context.executor)) {
  shared_.context.port.Watch(stream_, this);
}

LiveHub::~LiveHub() {
  way_back_->Close();
  shared_.context.port.Unwatch(stream_, this);
}

StreamInfo LiveHub::info() const { return Engine::Info(stream_); }

std::optional<ReadOutcome> LiveHub::Read(Offset from, const PageRequest& request) {
  const PageKey page{from, request};
  if (fetching_.contains(page)) return std::nullopt;
  ReadOutcome outcome = Look(page);
  if (outcome.verdict == ReadVerdict::kWouldWait) {
    Fetch(page);
    return std::nullopt;
  }
  if (outcome.rests_on <= shared_.context.engine.durable()) return outcome;
  if (shared_.context.engine.failed()) {
    outcome = {};
    outcome.verdict = ReadVerdict::kFailed;
    return outcome;
  }
  if (!std::exchange(look_scheduled_, true)) {
    // Not within this call, even where it has become durable by now: who calls is among the
    // readers.
    shared_.context.port.WhenDurable(outcome.rests_on, [way_back = way_back_] {
      way_back->Post([](LiveHub& hub) {
        hub.look_scheduled_ = false;
        hub.LookAgain();
      });
    });
  }
  return std::nullopt;
}

ReadOutcome LiveHub::Look(const PageKey& page) {
  if (arrived_ != nullptr && arrived_->page == page) return arrived_->outcome;
  Engine& engine = shared_.context.engine;
  PageRequest request = page.request;
  request.may_wait = engine.disk_workers() == nullptr;
  return engine.Read(stream_, page.from, request);
}

void LiveHub::Fetch(const PageKey& page) {
  fetching_.insert(page);
  Engine& engine = shared_.context.engine;
  engine.disk_workers()->Post([way_back = way_back_, &engine, stream = stream_, page] {
    if (way_back->is_closed()) return;  // nobody waits any more; others wait for the disk
    Arrived arrived{page, engine.Read(stream, page.from, page.request)};
    way_back->Post([arrived = std::move(arrived)](LiveHub& hub) { hub.Arrive(arrived); });
  });
}

void LiveHub::Arrive(const Arrived& arrived) {
  fetching_.erase(arrived.page);
  arrived_ = &arrived;
  polls_.LookAll();
  sse_.Publish();
  sse_.ResumeWaitingAt(arrived.page.from);
  arrived_ = nullptr;
  sse_.Publish();  // what it does not show may have been told meanwhile
}

void LiveHub::LookAgain() {
  polls_.LookAll();
  sse_.Publish();
  sse_.ResumeBehind();
}

void LiveHub::OnStreamChanged() {
  // What those who are behind wait for will not come any more.
  if (shared_.context.engine.failed()) return LookAgain();
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
  sse_.Shutdown();
}

}  // namespace thalweg
