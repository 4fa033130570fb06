// Commands that the rules accept and the disk does not: answered alike by every handler.
#pragma once

#include "base/assert.h"
#include "engine/engine.h"
#include "http/context.h"
#include "http/problem_codes.h"

namespace thalweg {

// REQUIRES: trouble is not kNone.
inline void SendTrouble(const RouterContext& context, Trouble trouble, Responder& responder) {
  switch (trouble) {
    case Trouble::kNone: break;
    case Trouble::kTooLong: return SendProblem(responder, Head(context), kAppendTooLong, {});
    case Trouble::kUnreadable: return SendProblem(responder, Head(context), kStreamUnreadable, {});
    case Trouble::kFailed: return SendProblem(responder, Head(context), kStorageFailed, {});
    case Trouble::kDiskFull:
    case Trouble::kMemoryFull: {
      const Problem& problem = trouble == Trouble::kDiskFull ? kDiskFull : kMemoryFull;
      return SendProblem(responder, Head(context).Add("retry-after", uint64_t{1}), problem, {});
    }
  }
  THALWEG_ASSERT(trouble != Trouble::kNone);
}

}  // namespace thalweg
