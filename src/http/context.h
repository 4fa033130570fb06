// What every handler of one router shares. Own thread only; handlers keep a reference.
#pragma once

#include <utility>

#include "engine/engine.h"
#include "engine/port.h"
#include "thalweg/clock.h"
#include "thalweg/executor.h"
#include "thalweg/http.h"
#include "thalweg/options.h"

namespace thalweg {

class BackgroundAnswers;
class CompressedPages;
class HookedAnswers;
class RoomWaits;
class SharedAnswers;

// What heads of answers begin with. Own thread only.
struct HeadStart {
  HeadStart(HeaderList list) : fields(std::move(list)) {}

  const HeaderList fields;
  mutable HeaderList spare{};  // `fields` in the memory of the last Head that began so, or nothing
};

struct RouterContext {
  Engine& engine;
  Port& port;
  Executor& executor;
  Executor* workers;  // for what takes long; null: it runs on `executor`
  const Clock& clock;
  const RouterOptions options;  // base_path as from NormalBasePath (target.h)
  const HeadStart common;       // on every response: CORS and browser security (cors.h) …
  const HeadStart security;     // … but to an append that does not come from a browser
  BackgroundAnswers& background;
  CompressedPages& compressed;
  SharedAnswers& compressing;
  RoomWaits& room_waits;
  HookedAnswers* hooked = nullptr;  // never null where options.hooks has one
};

}  // namespace thalweg
