// `thalweg serve`: starts the server, waits for a signal, ends it in good order.
#pragma once

#include "server/config.h"

namespace thalweg {

// Runs until SIGTERM, SIGINT or SIGHUP; returns the process's exit code. THREAD: main, before any
// other.
int Serve(const ServeConfig& config);

}  // namespace thalweg
