// Lifecycle hooks: told of every stream that is created or deleted over HTTP. (RouterOptions)
//
// A hook is called once the change is durable and before the request is answered. It cannot fail
// the request: the change has happened. It is not called for a repeated PUT, for streams that
// expire, for Clear, and for calls of Store; nor for what becomes durable after the router's end.
//
// One router tells of its changes in the order in which they happened. What several routers tell
// over one store comes in no order: of a stream that one deletes as soon as another has created it,
// the deletion may be told first. Who keeps a list asks the store what stands at the path.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace thalweg {

struct StreamEvent {
  enum class Kind : uint8_t { kCreated, kDeleted };

  Kind kind = Kind::kCreated;
  std::string path{};          // the stream's key, as Store takes it: "rooms/lobby"
  std::string content_type{};  // kCreated: as resolved, verbatim
  int64_t at_ms = 0;           // wall clock, milliseconds since 1970
};

// The request is answered when the hook has returned and the last copy of this is gone, on
// whichever thread that is. Who needs no time ignores it; who keeps it for ever holds up the
// client, for as long as the router lives. THREAD: let go on any.
using AnswerHold = std::shared_ptr<void>;

// Called also where the client has left by then. `event` is borrowed for the call. THREAD: called
// on the router's executor; must not block, must not throw.
using StreamHook = std::function<void(const StreamEvent& event, AnswerHold hold)>;

struct LifecycleHooks {
  StreamHook on_created{};  // may be empty
  StreamHook on_deleted{};  // may be empty
};

}  // namespace thalweg
