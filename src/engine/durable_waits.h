// Waiting until something is durable, from any thread: a callback, or the thread itself sleeps.
// Who has an executor of their own and answers much uses a Port (port.h) instead.
//
// Crosses threads: any thread may call. Sleepers are woken by whoever commits.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/callback_queue.h"
#include "engine/durability_listener.h"
#include "engine/engine.h"

namespace thalweg {

class DurableWaits final : public DurabilityListener {
 public:
  // True: it is durable. False: the engine has failed or ended before.
  using Done = CallbackQueue::Callback;

  // Listens to `engine`. REQUIRES: `callbacks` outlives it; the engine does until End.
  static std::shared_ptr<DurableWaits> Of(Engine& engine, CallbackQueue& callbacks);

  // Whether there is nothing to wait for.
  bool IsDurable(Lsn lsn) const { return lsn <= engine_.durable(); }

  // `done` is called by the callback queue, never inside this call.
  void Add(Lsn lsn, Done done);

  // Sleeps until then.
  [[nodiscard]] bool Wait(Lsn lsn);

  // The engine is gone: whoever still waits has waited in vain. REQUIRES: no other call is under
  // way or comes.
  void End() { OnFailure(); }

  void OnDurable(Lsn durable) override;
  void OnFailure() override;

  // For Of.
  DurableWaits(Engine& engine, CallbackQueue& callbacks) : engine_(engine), callbacks_(callbacks) {}

 private:
  struct Waiting {
    Lsn lsn;
    Done done;
    bool is_asleep = false;  // `done` wakes a thread: it is called at once
  };

  void Await(Waiting waiting);
  void Tell(std::vector<Waiting> waiting, bool is_durable);

  Engine& engine_;
  CallbackQueue& callbacks_;
  std::mutex mutex_;              // guards what follows; no other lock is taken under it
  std::vector<Waiting> waiting_;  // in the order of the calls
};

}  // namespace thalweg
