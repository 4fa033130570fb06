// What a fault of a data directory, or a server that cannot start, makes the program end with.
//
// THREAD: any.
#pragma once

#include <string>

#include "base/write_soon.h"
#include "server/exit_codes.h"
#include "storage/fault.h"
#include "thalweg/server.h"

namespace thalweg {

inline int ExitCodeFor(StorageFault::Kind kind) {
  switch (kind) {
    case StorageFault::Kind::kDisk:
    case StorageFault::Kind::kWouldWait: return kExitCannotStart;
    case StorageFault::Kind::kForeign: return kExitForeign;
    case StorageFault::Kind::kDamage: return kExitDamaged;
  }
  return kExitCannotStart;
}

inline int ExitCodeFor(OpenError::Code code) {
  switch (code) {
    case OpenError::Code::kDisk: return kExitCannotStart;
    case OpenError::Code::kForeign: return kExitForeign;
    case OpenError::Code::kDamage: return kExitDamaged;
  }
  return kExitCannotStart;
}

inline int ExitCodeFor(const ServerError& error) {
  switch (error.code) {
    case ServerError::Code::kPortInUse: return kExitPortInUse;
    case ServerError::Code::kCannotListen: return kExitCannotStart;
    case ServerError::Code::kStore: return ExitCodeFor(error.open);
  }
  return kExitCannotStart;
}

inline int ExitCodeFor(StoreFailure::Code code) {
  switch (code) {
    case StoreFailure::Code::kDisk: return kExitDiskFailed;
    case StoreFailure::Code::kDirectoryGone: return kExitDamaged;
  }
  return kExitDiskFailed;
}

// Says why; gives the code to end with.
inline int Fail(const std::string& message, int exit_code) {
  TellLast({message});
  return exit_code;
}

inline int FailOn(const std::string& dir, const StorageFault& fault) {
  return Fail("data directory " + dir + ": " + fault.message, ExitCodeFor(fault.kind));
}

}  // namespace thalweg
