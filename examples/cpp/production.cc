// A server as it may go into production: authentication, streams on disk, a health route, hooks,
// messages for the operator, and an end in good order on SIGTERM and SIGINT.
//
//   TOKEN     what clients must show (required)
//   DATA_DIR  where streams are kept (./data)
//   PORT      where to listen (3000; 0: any free port)
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bearer.h"
#include "thalweg/server.h"

namespace {

constexpr int64_t kStopMs = 5'000;
constexpr int kExitDirectoryGone = 4;  // a supervisor should not start again
constexpr int kExitDiskFailed = 74;

std::string Setting(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

class StderrLogger final : public thalweg::Logger {
 public:
  void Write(thalweg::LogLevel level, std::string_view message) override {
    if (level == thalweg::LogLevel::kDebug) return;
    std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  }
};

void Respond(thalweg::Responder& responder, int status, std::string_view json) {
  thalweg::HeaderList headers;
  headers.Add("Content-Type", "application/json");
  responder.Respond(status, headers, thalweg::Bytes::Static(json));
}

// What is answered before the streams are asked.
bool AnswerInFront(const thalweg::Request& request, thalweg::Responder& responder,
                   std::string_view token, bool stopping) {
  if (request.path == "/health") {
    Respond(responder, stopping ? 503 : 200,
            stopping ? R"({"status":"stopping"})" : R"({"status":"ok"})");
    return true;
  }
  if (ShowsToken(request, token)) return false;
  RefuseStranger(responder);
  return true;
}

void Tell(const thalweg::StreamEvent& event) {
  const bool created = event.kind == thalweg::StreamEvent::Kind::kCreated;
  std::fprintf(stderr, "stream %s: %s\n", created ? "created" : "deleted", event.path.c_str());
}

// Blocks the signals before any thread starts, so that only WaitForEnd takes them.
sigset_t BlockEndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void WaitForEnd(const sigset_t& signals) {
  int signal_number = 0;
  sigwait(&signals, &signal_number);
}

}  // namespace

int main() {
  const std::string token = Setting("TOKEN", "");
  const std::string port = Setting("PORT", "3000");
  thalweg::ServerOptions options;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (token.empty() || parsed.ec != std::errc() || parsed.ptr != port.data() + port.size()) {
    std::fprintf(stderr, "set TOKEN to what clients must show, and PORT to a number\n");
    return 2;
  }
  const sigset_t signals = BlockEndSignals();
  StderrLogger logger;
  std::atomic<bool> stopping = false;
  options.data_dir = Setting("DATA_DIR", "./data");
  options.store.logger = &logger;
  options.store.on_failure = [](const thalweg::StoreFailure& failure) {
    const bool is_gone = failure.code == thalweg::StoreFailure::Code::kDirectoryGone;
    _exit(is_gone ? kExitDirectoryGone : kExitDiskFailed);
  };
  options.router.base_path = "/api/v1/streams";
  options.router.cors = false;                                   // the load balancer's
  options.router.cache_policy = thalweg::CachePolicy::kPrivate;  // no shared cache may keep it
  options.router.hooks.on_created = [](const auto& event, thalweg::AnswerHold) { Tell(event); };
  options.router.hooks.on_deleted = [](const auto& event, thalweg::AnswerHold) { Tell(event); };
  options.front = [&](const thalweg::Request& request, thalweg::Responder& responder) {
    return AnswerInFront(request, responder, token, stopping);
  };
  const auto server = thalweg::Server::Start(options);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  std::printf("listening on %s\n", (*server)->url().c_str());
  std::fflush(stdout);
  WaitForEnd(signals);
  stopping = true;  // load balancers look elsewhere
  if (!(*server)->Stop(kStopMs)) std::fprintf(stderr, "some clients were cut off\n");
}
