// What every handler of one router shares. Own thread only; handlers keep a reference.
#pragma once

#include <string>
#include <utility>

#include "engine/engine.h"
#include "engine/port.h"
#include "stream/ids.h"
#include "thalweg/bytes.h"
#include "thalweg/clock.h"
#include "thalweg/executor.h"
#include "thalweg/http.h"
#include "thalweg/options.h"

namespace thalweg {

class BackgroundAnswers;
class HookedAnswers;
class SharedAnswers;

// What heads of answers begin with. Own thread only.
struct HeadStart {
  HeadStart(HeaderList list) : fields(std::move(list)) {}

  const HeaderList fields;
  mutable HeaderList spare{};  // `fields` in the memory of the last Head that began so, or nothing
};

// The last page that an executor compressed by itself, for who asks for the same one: an append
// answers all long-polls of its stream at once, 10,000 of 60 KB would keep a loop for 4 s.
struct CompressedPage {
  std::string etag;  // tells it from any other, and its coding; empty: there is none yet
  Bytes bytes;
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
  SharedAnswers& compressing;
  HookedAnswers* hooked = nullptr;  // never null where options.hooks has one
  mutable CompressedPage last_compressed{};
};

}  // namespace thalweg
