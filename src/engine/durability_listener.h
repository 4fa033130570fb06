// Hears how far the log has got. Shared with whoever tells it: a call may be under way when it is
// removed.
#pragma once

#include "stream/ids.h"

namespace thalweg {

class DurabilityListener {
 public:
  virtual ~DurabilityListener() = default;

  // THREAD: any, several at a time; the caller holds no lock.
  virtual void OnDurable(Lsn durable) = 0;

  // Nobody shall wait any more for what is not durable now. THREAD: as OnDurable.
  virtual void OnFailure() = 0;
};

}  // namespace thalweg
