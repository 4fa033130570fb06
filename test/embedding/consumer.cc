// A program of somebody else's that uses the library: nothing but public headers.
#include <cstdio>
#include <memory>

#include "thalweg/clock.h"
#include "thalweg/engine.h"
#include "thalweg/http.h"

namespace {

class FixedClock final : public thalweg::Clock {
 public:
  int64_t WallMs() const override { return 1; }
  int64_t SteadyMs() const override { return 1; }
};

}  // namespace

int main() {
  const FixedClock clock;
  const thalweg::EnginePtr engine = thalweg::OpenMemoryEngine(clock);
  thalweg::HeaderList headers;
  headers.Add("a", "b");
  std::printf("%zu\n", headers.size());
  return engine == nullptr;
}
