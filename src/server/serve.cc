// Crosses threads: while the server starts or stops, one waits for a signal.
#include "server/serve.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "server/exit_codes.h"
#include "server/fault_exit.h"
#include "server/health.h"
#include "server/signals.h"
#include "server/spdlog_logger.h"
#include "thalweg/server.h"

namespace thalweg {
namespace {

constexpr int64_t kShutdownDeadlineMs = 5000;
constexpr int kExitBySignal = 128;  // plus the signal's number

std::shared_ptr<spdlog::logger> MakeLogger(const std::string& level) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("thalweg", std::move(sink));
  logger->set_level(spdlog::level::from_str(level));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  return logger;
}

// As by SIGKILL: the log has what is durable.
[[noreturn]] void EndWhileStarting(int signal_number, spdlog::logger& logger) {
  logger.info("stopped on {} before the start was over", strsignal(signal_number));
  logger.flush();
  _exit(0);
}

[[noreturn]] void EndAtOnce(int signal_number, spdlog::logger& logger) {
  logger.warn("stopped at once by a second signal");
  logger.flush();
  _exit(kExitBySignal + signal_number);
}

std::expected<std::unique_ptr<Server>, ServerError> StartUnlessStopped(ServerOptions options,
                                                                       Signals& signals,
                                                                       spdlog::logger& logger) {
  const EndOnSignal end(signals, [&logger](int number) { EndWhileStarting(number, logger); });
  return Server::Start(std::move(options));
}

void EndInGoodOrder(std::unique_ptr<Server> server, Signals& signals, spdlog::logger& logger) {
  std::optional<EndOnSignal> end_at_once;
  try {
    end_at_once.emplace(signals, [&logger](int number) { EndAtOnce(number, logger); });
  } catch (const std::system_error& error) {
    logger.warn("a second signal will not stop at once: cannot start a thread: {}", error.what());
  }
  const bool drained = server->Stop(kShutdownDeadlineMs);
  server.reset();
  if (drained) {
    logger.info("stopped");
  } else {
    logger.warn("stopped after {} ms with connections still open", kShutdownDeadlineMs);
  }
}

// A thread that cannot be started is thrown by the standard library where nobody can go on.
[[noreturn]] void EndUncaught() {
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again) {
      std::fprintf(stderr,
                   "thalweg: cannot start a thread: %s; raise the limit of threads or memory "
                   "(ulimit -u, ulimit -v, TasksMax=)\n",
                   error.what());
      _exit(kExitCannotStart);
    }
    std::fprintf(stderr, "thalweg: bug: uncaught: %s\n", error.what());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr,
                 "thalweg: out of memory: raise the limit (MemoryMax=, ulimit -v), or lower "
                 "--tail-memory\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "thalweg: bug: uncaught: %s\n", error.what());
  }
  Abort();
}

// The log's files hold what is durable; the next start goes on from there. Why it ends is told,
// also to who wants no log.
[[noreturn]] void EndOnFailure(const std::string& why, spdlog::logger& logger) {
  if (!logger.should_log(spdlog::level::err)) Fail("the disk failed: " + why, kExitDiskFailed);
  logger.flush();
  _exit(kExitDiskFailed);
}

// REQUIRES: `logger` and `ready` outlive the server.
ServerOptions OptionsOf(const ServeConfig& config, SpdlogLogger& logger,
                        const std::atomic<bool>& ready) {
  ServerOptions options = config.server;
  options.store.logger = &logger;
  options.store.on_failure = [&logger](const std::string& why) {
    EndOnFailure(why, logger.spdlog());
  };
  options.front = [&ready](const Request& request, Responder& responder) {
    return AnswerHealth(request, ready, responder);
  };
  return options;
}

std::string MessageOf(const ServerError& error) {
  return error.message + (error.code == ServerError::Code::kPortInUse ? " with --port" : "");
}

}  // namespace

int Serve(const ServeConfig& config) {
  std::set_terminate(EndUncaught);
  auto signals = Signals::Block();
  if (!signals) return Fail(signals.error(), kExitCannotStart);
  SpdlogLogger logger(MakeLogger(config.log_level));
  std::atomic<bool> ready = true;
  auto server = StartUnlessStopped(OptionsOf(config, logger, ready), *signals, logger.spdlog());
  if (!server) return Fail(MessageOf(server.error()), ExitCodeFor(server.error()));
  std::printf("listening on %s\n", (*server)->url().c_str());
  std::fflush(stdout);
  const std::optional<int> signal_number = signals->Wait();
  THALWEG_ASSERT(signal_number);
  logger.spdlog().info("stopping on {}", strsignal(*signal_number));
  ready = false;
  EndInGoodOrder(std::move(*server), *signals, logger.spdlog());
  return 0;
}

}  // namespace thalweg
