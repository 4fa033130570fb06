// Which problem a refused read is; catch-up and live reads answer alike. Pure.
#pragma once

#include "base/assert.h"
#include "engine/read.h"
#include "http/problem_codes.h"

namespace thalweg {

// REQUIRES: verdict is not kOk, nor kWouldWait.
inline const Problem& ProblemOf(ReadVerdict verdict) {
  switch (verdict) {
    case ReadVerdict::kOk:
    case ReadVerdict::kWouldWait: break;
    case ReadVerdict::kMissing: return kStreamNotFound;
    case ReadVerdict::kSoftDeleted: return kStreamDeleted;
    case ReadVerdict::kNotABoundary: return kOffsetNotBoundary;
    case ReadVerdict::kBeyondTail: return kOffsetBeyondTail;
    case ReadVerdict::kUnreadable: return kStreamUnreadable;
    case ReadVerdict::kFailed: return kStorageFailed;
  }
  THALWEG_ASSERT(!"a problem");
  return kStreamNotFound;
}

}  // namespace thalweg
