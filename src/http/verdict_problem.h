// Which problem a refused read is, catch-up or live, and a refused creation, over HTTP or not.
// Pure.
#pragma once

#include "base/assert.h"
#include "engine/read.h"
#include "http/problem_codes.h"
#include "stream/decide.h"

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
  THALWEG_ASSERT(false);
}

// REQUIRES: verdict is not kCreated, nor kExists.
inline const Problem& ProblemOf(CreateVerdict verdict) {
  switch (verdict) {
    case CreateVerdict::kCreated:
    case CreateVerdict::kExists: break;
    case CreateVerdict::kConfigMismatch: return kStreamExists;
    case CreateVerdict::kClosureMismatch: return kClosureMismatch;
    case CreateVerdict::kPathSoftDeleted: return kPathHeld;
    case CreateVerdict::kSourceMissing: return kForkSourceNotFound;
    case CreateVerdict::kSourceSoftDeleted: return kForkSourceDeleted;
    case CreateVerdict::kForkTooDeep: return kForkTooDeep;
    case CreateVerdict::kContentTypeMismatch: return kContentTypeMismatch;
    case CreateVerdict::kForkBeyondTail: return kForkBeyondTail;
    case CreateVerdict::kForkNotOnBoundary: return kForkNotBoundary;
    case CreateVerdict::kSubOffsetTooLarge: return kForkSubOffsetTooLarge;
    case CreateVerdict::kBadJson: return kBadJson;
  }
  THALWEG_ASSERT(false);
}

}  // namespace thalweg
