// What the program's end means. Part of its interface: docs/OPERATING.md tells operators.
#pragma once

#include "base/damage.h"

namespace thalweg {

inline constexpr int kExitCannotStart = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitForeign = 3;  // the data directory is in use, or not ours
// 4: kExitDamaged, which the libraries below may have to end with, too; also where the data
// directory is gone under a server: like damage it needs a person, for the next start would find
// nothing and make a new one
inline constexpr int kExitPortInUse = 5;
inline constexpr int kExitDiskFailed = 74;  // EX_IOERR: a write or a sync failed while serving

}  // namespace thalweg
