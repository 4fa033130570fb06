// A program of somebody else's: every class and function of the public headers, so that one that
// the library does not show is a link that fails. FOLDER: where its directory of streams goes.
#include <cstdio>
#include <memory>
#include <string>

#include "thalweg/cursor.h"
#include "thalweg/fault_injection.h"
#include "thalweg/path_encoding.h"
#include "thalweg/registry.h"
#include "thalweg/router.h"
#include "thalweg/server.h"
#include "thalweg/store.h"

namespace {

class CountingLogger final : public thalweg::Logger {
 public:
  void Write(thalweg::LogLevel, std::string_view) override { ++lines; }
  int lines = 0;
};

class NoResponder final : public thalweg::Responder {
 public:
  void Start(int, const thalweg::HeaderList&, std::optional<uint64_t>) override {}
  bool Write(thalweg::Bytes) override { return true; }
  bool WriteFile(thalweg::FileRange) override { return true; }
  void Finish() override {}
  void Abort() override {}
  void SetEvents(thalweg::ResponderEvents*) override {}
};

// Runs nothing: the router here has nothing that waits.
class NoExecutor final : public thalweg::Executor {
 public:
  void Post(Task) override {}
  void PostAfter(int64_t, Task) override {}
};

int Fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  return 1;
}

bool RouterAnswers(thalweg::Store& store) {
  NoExecutor executor;
  NoResponder responder;
  thalweg::Router router(store, executor);
  router.Handle({.method = thalweg::Method::kOptions, .path = "/v1/stream/a"}, responder);
  router.Shutdown();
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return Fail("usage: consumer FOLDER");
  CountingLogger logger;
  auto store = thalweg::Store::Open(std::string(argv[1]) + "/streams", {.logger = &logger});
  if (!store) return Fail(store.error().message);
  thalweg::RegistryHooks registry(**store, "__registry__", &logger);
  thalweg::FaultInjection faults;
  if (auto wrong = faults.InjectError("/v1/stream/b", 503)) return Fail(*wrong);
  thalweg::ServerOptions options{.port = 0, .faults = &faults};
  options.router.hooks = registry.hooks();
  const auto server = thalweg::Server::Start(**store, options);
  if (!server) return Fail(server.error().message);
  const auto appended = (*store)->Create("a", {.content_type = "text/plain"});
  if (!appended) return Fail(appended.error().message);
  if (!(*store)->Append("a", "hello")) return Fail("nothing was appended");
  const auto read = (*store)->Read("a");
  if (!read) return Fail(read.error().message);
  if (thalweg::Store::FormatResponse("text/plain", read->messages).view() != "hello") {
    return Fail("something else was read");
  }
  thalweg::HeaderList headers;
  headers.Add("name", thalweg::CalculateCursor(0));
  if (headers.Find("name") != "0" || logger.lines == 0) return Fail("no header or no message");
  const std::string encoded = thalweg::EncodeStreamPath("/a");
  if (thalweg::DecodeStreamPath(encoded) != "/a") return Fail("a path came back as another");
  const bool answered = RouterAnswers(**store);
  return answered && (*server)->Stop() ? 0 : Fail("it did not stop");
}
