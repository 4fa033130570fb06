// Assertions that are always on: a bug stops the process with its place and its condition.
#pragma once

namespace thalweg {

// As std::abort, also where this is process 1, as in most containers: the signal that it raises is
// ignored there, and what it then tries looks like a memory fault.
[[noreturn]] void Abort();

[[noreturn]] void AssertionFailed(const char* condition, const char* file, int line);

}  // namespace thalweg

#define THALWEG_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::thalweg::AssertionFailed(#condition, __FILE__, __LINE__))
