// thalweg_load: load on a server that speaks Durable Streams, from one thread; `--help` says how.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdio>

#include "bench/load/client_loop.h"
#include "bench/load/flags.h"
#include "bench/load/run.h"
#include "bench/load/target.h"

namespace thalweg::bench {
namespace {

// Every connection is a descriptor, and a request at a fixed rate is sent when it is due, not when
// the kernel finds it handy.
void PrepareProcess() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  prctl(PR_SET_TIMERSLACK, 1);
}

int Fail(const std::string& why, int code) {
  std::fprintf(stderr, "thalweg_load: %s\n", why.c_str());
  return code;
}

int Main(int argc, char** argv) {
  const auto flags = ParseFlags(argc, argv);
  if (!flags) {
    std::fputs(flags.error().text.c_str(), flags.error().code == 0 ? stdout : stderr);
    return flags.error().code;
  }
  const auto target = ParseTarget(flags->url);
  if (!target) return Fail(target.error(), 2);
  PrepareProcess();
  ClientLoop loop(*target);
  Run run(loop, *flags);
  run.Perform();
  if (!loop.failure().empty()) return Fail(loop.failure(), 1);
  std::printf("%s\n", run.Report().c_str());
  return 0;
}

}  // namespace
}  // namespace thalweg::bench

int main(int argc, char** argv) { return thalweg::bench::Main(argc, argv); }
