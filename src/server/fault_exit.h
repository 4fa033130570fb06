// What a fault of a data directory makes the program end with.
//
// Pure.
#pragma once

#include "server/exit_codes.h"
#include "storage/fault.h"

namespace thalweg {

inline int ExitCodeFor(StorageFault::Kind kind) {
  switch (kind) {
    case StorageFault::Kind::kDisk: return kExitCannotStart;
    case StorageFault::Kind::kForeign: return kExitForeign;
    case StorageFault::Kind::kDamage: return kExitDamaged;
  }
  return kExitCannotStart;
}

}  // namespace thalweg
