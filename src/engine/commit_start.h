// When the log is told to begin with what a command staged.
#pragma once

#include <cstdint>

namespace thalweg {

enum class CommitStart : uint8_t {
  kNow,
  // When the caller has handed the outcome to Port::WhenDurable. With what came beside the command
  // (a use, the removal of what has expired) at once.
  kByPort,
};

}  // namespace thalweg
