// Crosses threads: while the server starts or stops, one waits for a signal.
#include "server/serve.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "base/processors.h"
#include "base/system_clock.h"
#include "base/write_soon.h"
#include "server/exit_codes.h"
#include "server/fault_exit.h"
#include "server/health.h"
#include "server/log_sink.h"
#include "server/memory_limit.h"
#include "server/metrics.h"
#include "server/owner.h"
#include "server/signals.h"
#include "server/spdlog_logger.h"
#include "thalweg/server.h"

namespace thalweg {
namespace {

constexpr int64_t kShutdownDeadlineMs = 5000;
constexpr int kExitBySignal = 128;  // plus the signal's number

std::shared_ptr<spdlog::logger> MakeLogger(const std::string& level) {
  auto sink = std::make_shared<LogSink>(STDERR_FILENO);
  auto logger = std::make_shared<spdlog::logger>("thalweg", std::move(sink));
  logger->set_level(spdlog::level::from_str(level));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  return logger;
}

// As by SIGKILL: the log has what is durable.
[[noreturn]] void EndWhileStarting(int signal_number, spdlog::logger& logger) {
  logger.info("stopped on {} before the start was over", strsignal(signal_number));
  _exit(0);
}

[[noreturn]] void EndAtOnce(int signal_number, spdlog::logger& logger) {
  logger.warn("stopped at once by a second signal");
  _exit(kExitBySignal + signal_number);
}

std::expected<std::unique_ptr<Server>, ServerError> StartUnlessStopped(ServerOptions options,
                                                                       Signals& signals,
                                                                       spdlog::logger& logger) {
  const EndOnSignal end(signals, [&logger](int number) { EndWhileStarting(number, logger); });
  return Server::Start(std::move(options));
}

void EndInGoodOrder(std::unique_ptr<Server> server, bool is_durable, Signals& signals,
                    spdlog::logger& logger) {
  std::optional<EndOnSignal> end_at_once;
  try {
    end_at_once.emplace(signals, [&logger](int number) { EndAtOnce(number, logger); });
  } catch (const std::system_error& error) {
    logger.warn("a second signal will not stop at once: cannot start a thread: {}", error.what());
  }
  if (!server->Stop(kShutdownDeadlineMs)) {
    logger.warn("cut off connections that were still open after {} ms", kShutdownDeadlineMs);
  }
  if (is_durable) logger.info("writes what is new to segments, if there is any");
  server.reset();
  logger.info("stopped");
}

// Serves on, while load balancers learn of it. A second signal ends at once here, too.
void WaitForBalancers(int64_t drain_ms, Signals& signals, spdlog::logger& logger) {
  if (drain_ms == 0) return;
  logger.info("serves on for {} ms, while /readyz says 503 (--drain)", drain_ms);
  const int max_ms = static_cast<int>(std::min<int64_t>(drain_ms, INT_MAX));
  if (const auto again = signals.Wait(max_ms)) EndAtOnce(*again, logger);
}

// Where what is written here could be unreadable to who served the directory before.
void TellOwner(const std::string& dir, spdlog::logger& logger) {
  const auto owner = dir.empty() ? std::nullopt : OtherOwner(dir);
  if (!owner) return;
  logger.warn(
      "data directory {} was served by user {}, and this is user {}: what is written now, that one "
      "cannot open later; stop, then chown -R {} {}, and serve as that user",
      dir, *owner, geteuid(), *owner, dir);
}

void TellMemory(const ServeConfig& config, spdlog::logger& logger) {
  const ServerOptions& server = config.server;
  const MemoryShares shares{.tail = server.data_dir.empty() ? 0 : server.store.tail_bytes_max,
                            .bodies = server.limits.bodies_bytes_max,
                            .body = server.limits.body_bytes_max};
  const auto told = MayTakeTooMuch(shares, CountOfLoops(server.threads), MemoryLimit());
  if (told) logger.warn(*told);
}

// A thread that cannot be started is thrown by the standard library where nobody can go on.
[[noreturn]] void EndUncaught() {
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again) {
      TellLast({"cannot start a thread: ", error.what(),
                "; raise the limit of threads or memory (ulimit -u, ulimit -v, TasksMax=)"});
      _exit(kExitCannotStart);
    }
    TellLast({"bug: uncaught: ", error.what()});
  } catch (const std::bad_alloc&) {
    TellLast({"out of memory: raise the limit (MemoryMax=, ulimit -v), or lower --tail-memory"});
  } catch (const std::exception& error) {
    TellLast({"bug: uncaught: ", error.what()});
  }
  Abort();
}

// The log's files hold what is durable; the next start goes on from there. Why it ends is told,
// also to who wants no log.
[[noreturn]] void EndOnFailure(const StoreFailure& failure, spdlog::logger& logger) {
  const int exit_code = ExitCodeFor(failure.code);
  if (!logger.should_log(spdlog::level::err)) TellLast({failure.message});
  _exit(exit_code);
}

// What is answered before the router.
struct Front {
  std::atomic<bool> ready = true;
  std::optional<MetricsPage> metrics{};  // null: not asked for
};

// REQUIRES: `logger` and `front` outlive the server.
ServerOptions OptionsOf(const ServeConfig& config, SpdlogLogger& logger, const Front& front) {
  ServerOptions options = config.server;
  options.store.logger = &logger;
  options.store.on_failure = [&logger](const StoreFailure& failure) {
    EndOnFailure(failure, logger.spdlog());
  };
  options.front = [&front](const Request& request, Responder& responder) {
    return AnswerHealth(request, front.ready, responder) ||
           (front.metrics && front.metrics->Answer(request, responder));
  };
  return options;
}

// What to do, where the error does not say it.
std::string AdviceOn(const ServerError& error, const std::string& dir) {
  if (error.code == ServerError::Code::kPortInUse) return " with --port";
  if (error.code != ServerError::Code::kStore) return "";
  std::error_code unknown;
  if (error.open == OpenError::Code::kDamage && !error.message.contains("backup")) {
    return "; `thalweg verify " + dir + "` says what is damaged; restore a backup";
  }
  if (error.message.contains(strerror(EACCES)) && std::filesystem::exists(dir, unknown)) {
    const auto owner = OtherOwner(dir);
    if (!owner)
      return fmt::format("; this is user {}: let all of {} be that one's", geteuid(), dir);
    return fmt::format(
        "; this is user {}: serve as user {}, and let all of it be that one's (chown -R {} {})",
        geteuid(), *owner, *owner, dir);
  }
  return "";
}

}  // namespace

int Serve(const ServeConfig& config) {
  std::set_terminate(EndUncaught);
  auto signals = Signals::Block();
  if (!signals) return Fail(signals.error(), kExitCannotStart);
  SpdlogLogger logger(MakeLogger(config.log_level));
  TellMemory(config, logger.spdlog());
  TellOwner(config.server.data_dir, logger.spdlog());
  const SystemClock clock;
  Front front;
  if (config.metrics) front.metrics.emplace(clock);
  auto server = StartUnlessStopped(OptionsOf(config, logger, front), *signals, logger.spdlog());
  if (!server) {
    return Fail(server.error().message + AdviceOn(server.error(), config.server.data_dir),
                ExitCodeFor(server.error()));
  }
  if (front.metrics) front.metrics->Show(**server);
  std::printf("listening on %s\n", (*server)->url().c_str());
  std::fflush(stdout);
  const std::optional<int> signal_number = signals->Wait();
  THALWEG_ASSERT(signal_number);
  logger.spdlog().info("stopping on {}", strsignal(*signal_number));
  front.ready = false;
  WaitForBalancers(config.drain_ms, *signals, logger.spdlog());
  EndInGoodOrder(std::move(*server), !config.server.data_dir.empty(), *signals, logger.spdlog());
  return 0;
}

}  // namespace thalweg
