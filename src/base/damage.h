// The end of a process that has met damage which a library below us does not survive.
#pragma once

#include <string_view>

namespace thalweg {

inline constexpr int kExitDamaged = 4;  // what was durable once cannot be read

// Says `message` (what is damaged, and what to do) and ends the process with kExitDamaged, as the
// program does where a start finds data damaged. Nothing is flushed or destroyed. THREAD: any.
[[noreturn]] void EndForDamage(std::string_view message);

}  // namespace thalweg
