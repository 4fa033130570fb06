// `thalweg serve`: starts the server, waits for a signal, ends it in good order.
#pragma once

#include "server/config.h"

namespace thalweg {

inline constexpr int kExitCannotStart = 1;
inline constexpr int kExitPortInUse = 5;

// Runs until SIGTERM or SIGINT; returns the process's exit code. THREAD: main, before any other.
int Serve(const ServeConfig& config);

}  // namespace thalweg
