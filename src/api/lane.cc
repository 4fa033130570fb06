// Crosses threads: see lane.h.
#include "api/lane.h"

#include <utility>

#include "base/thread_name.h"
#include "http/cors.h"
#include "thalweg/fault_injection.h"

namespace thalweg {

Lane::Lane(const Shared& shared, std::unique_ptr<Loop> loop, ListenSocket socket)
    : options_(shared.options),
      turned_away_(shared.turned_away),
      loop_(std::move(loop)),
      common_fields_(CommonFields(options_.router)),
      router_(shared.store, *loop_, options_.router, &shared.workers),
      listener_(*loop_, std::move(socket), *this, shared.limits, shared.connection_limit) {}

void Lane::Start() {
  thread_ = std::thread([this] {
    NameThisThread("thalweg-loop");
    loop_->Run();
  });
}

void Lane::Drain(std::function<void()> drained) {
  loop_->Post([this, drained = std::move(drained)] {
    listener_.Drain(drained);
    router_.Shutdown();
  });
}

void Lane::Stop() {
  if (!thread_.joinable()) return;
  loop_->Stop();
  thread_.join();
}

void Lane::AddTo(ServerStats& stats) const {
  loop_->turns().AddTo(stats.turns);
  listener_.counts().AddTo(stats);
  const RouterStats readers = router_.Stats();
  stats.readers.sse_readers += readers.sse_readers;
  stats.readers.long_polls += readers.long_polls;
}

void Lane::Handle(const Request& request, Responder& responder) {
  if (options_.faults == nullptr) return Answer(request, responder);
  options_.faults->Handle(
      request, responder, *loop_,
      [this](const Request& met, Responder& to_client) { Answer(met, to_client); });
}

void Lane::Answer(const Request& request, Responder& responder) {
  if (options_.front && options_.front(request, responder)) return;
  router_.Handle(request, responder);
}

}  // namespace thalweg
