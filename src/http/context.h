// What every handler of one router shares. Own thread only; handlers keep a reference.
#pragma once

#include "engine/engine.h"
#include "engine/port.h"
#include "stream/ids.h"
#include "thalweg/clock.h"
#include "thalweg/executor.h"
#include "thalweg/http.h"
#include "thalweg/options.h"

namespace thalweg {

struct RouterContext {
  Engine& engine;
  Port& port;
  Executor& executor;
  Executor* workers;  // may be null
  const Clock& clock;
  const RouterOptions options;
  const HeaderList common;  // on every response: CORS and browser security (cors.h)
};

}  // namespace thalweg
