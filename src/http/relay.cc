// Crosses threads: see the header.
#include "http/relay.h"

#include <utility>

#include "http/file_bytes.h"

namespace thalweg {

namespace {

constexpr size_t kUnderWayBytesMax = 256u << 10;  // beyond, the router waits for room

}  // namespace

Relay::Relay(Executor& loop, std::shared_ptr<Executor> router_thread, Responder& response)
    : loop_(loop), router_thread_(std::move(router_thread)), response_(&response) {}

void Relay::Open() {
  loop_self_ = router_self_ = shared_from_this();
  response_->SetEvents(this);
}

// Runs `step` on the loop's thread, where the response is still there.
template <typename Step>
void Relay::Tell(Step step) {
  loop_.Post([self = shared_from_this(), step = std::move(step)]() mutable {
    if (self->response_ != nullptr) step(*self, *self->response_);
  });
}

void Relay::Start(int status, const HeaderList& headers, std::optional<uint64_t> content_length) {
  Tell([status, headers, content_length](Relay&, Responder& response) {
    response.Start(status, headers, content_length);
  });
}

bool Relay::Write(Bytes bytes) {
  const size_t size = bytes.size();
  under_way_bytes_ += size;
  Tell([bytes = std::move(bytes), size](Relay& self, Responder& response) mutable {
    const bool room = response.Write(std::move(bytes));
    self.held_bytes_ += size;
    if (room) self.Taken(std::exchange(self.held_bytes_, 0));
  });
  if (under_way_bytes_ <= kUnderWayBytesMax) return true;
  waits_for_room_ = true;
  if (under_way_bytes_ > kUnderWayBytesMax) return false;
  return waits_for_room_.exchange(false);  // false: the loop saw that we wait, and tells
}

// Who answers goes on after a range that cannot be read, until it ends the answer or hears that the
// client is gone: on the router's side, this stays.
bool Relay::WriteFile(FileRange range) {
  auto bytes = ReadFileRange(range);
  if (bytes) return Write(std::move(*bytes));
  Tell([](Relay& relay, Responder& response) {
    relay.OnCancel();
    response.Abort();  // the length was told: the client must see that bytes are missing
  });
  return true;
}

void Relay::Finish() {
  const auto self = std::move(router_self_);
  if (self == nullptr) return;
  Tell([](Relay& relay, Responder& response) {
    relay.LeaveLoop();
    response.Finish();
  });
}

void Relay::Abort() {
  const auto self = std::move(router_self_);
  if (self == nullptr) return;
  Tell([](Relay& relay, Responder& response) {
    relay.LeaveLoop();
    response.Abort();
  });
}

void Relay::Respond(int status, const HeaderList& headers, Bytes body) {
  const auto self = std::move(router_self_);
  if (self == nullptr) return;
  Tell([status, headers, body = std::move(body)](Relay& relay, Responder& response) mutable {
    relay.LeaveLoop();
    response.Respond(status, headers, std::move(body));
  });
}

void Relay::OnWritable() { Taken(std::exchange(held_bytes_, 0)); }

void Relay::OnCancel() {
  router_thread_->Post([self = shared_from_this()] { self->HearOfCancel(); });
  LeaveLoop();
}

void Relay::Taken(size_t bytes) {
  under_way_bytes_ -= bytes;
  if (!waits_for_room_.exchange(false)) return;
  router_thread_->Post([self = shared_from_this()] { self->HearOfRoom(); });
}

void Relay::LeaveLoop() {
  response_ = nullptr;
  loop_self_.reset();  // a task still holds this
}

void Relay::HearOfRoom() {
  if (router_self_ != nullptr && events_ != nullptr) events_->OnWritable();
}

void Relay::HearOfCancel() {
  ResponderEvents* events = std::exchange(events_, nullptr);
  if (router_self_ == nullptr || events == nullptr) return;  // the router ends it, into nothing
  const auto self = std::move(router_self_);
  events->OnCancel();
}

}  // namespace thalweg
