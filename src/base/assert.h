// Assertions that are always on: a bug stops the process with its place and its condition.
#pragma once

namespace thalweg {

[[noreturn]] void AssertionFailed(const char* condition, const char* file, int line);

}  // namespace thalweg

#define THALWEG_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::thalweg::AssertionFailed(#condition, __FILE__, __LINE__))
