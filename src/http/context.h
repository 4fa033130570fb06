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

class BackgroundAnswers;
class HookedAnswers;

struct RouterContext {
  Engine& engine;
  Port& port;
  Executor& executor;
  Executor* workers;  // for what takes long; null: it runs on `executor`
  const Clock& clock;
  const RouterOptions options;  // base_path as from NormalBasePath (target.h)
  const HeaderList common;      // on every response: CORS and browser security (cors.h)
  BackgroundAnswers& background;
  HookedAnswers* hooked = nullptr;  // never null where options.hooks has one
  mutable HeaderList spare_head{};  // `common`, or nothing; for the next Head. Own thread only
};

}  // namespace thalweg
