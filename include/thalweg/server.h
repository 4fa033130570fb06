// A whole server in your process: loops, HTTP/1.1 and a router for each core, over one store.
//
// THREAD: any, one call at a time but for Stats; several servers may run in one process, also over
// one store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "thalweg/export.h"
#include "thalweg/http.h"
#include "thalweg/http_limits.h"
#include "thalweg/options.h"
#include "thalweg/stats.h"
#include "thalweg/store.h"

namespace thalweg {

class FaultInjection;

// Answers `request`, or gives false and has done nothing: then the router answers it. THREAD:
// called on any loop, by several at a time; must not block, and must not throw: that ends the
// process.
using FrontHandler = std::function<bool(const Request& request, Responder& responder)>;

struct ServerOptions {
  std::string host = "127.0.0.1";  // an IPv4 or IPv6 address, or "localhost"
  uint16_t port = 4437;            // 0: any free one
  size_t threads = 0;              // loops; 0: one for each core that it may use
  std::string data_dir{};          // empty: streams are kept in memory
  StoreOptions store{};            // where the server opens its own
  RouterOptions router{};
  HttpLimits limits{};
  FrontHandler front{};              // may be empty: authentication, health paths, other routes
  FaultInjection* faults = nullptr;  // before all that; null: none. Outlives the server.
};

struct ServerError {
  enum class Code : uint8_t {
    kPortInUse,
    kCannotListen,  // not our address, no right to the port, no more open files
    kStore,         // the data directory: see `open`
  };
  Code code = Code::kCannotListen;
  OpenError::Code open = OpenError::Code::kDisk;  // kStore
  std::string message{};                          // one line that says what to do
};

class THALWEG_API Server {
 public:
  // Opens the store that the options name, binds and serves; when this returns, clients can
  // connect.
  [[nodiscard]] static std::expected<std::unique_ptr<Server>, ServerError> Start(
      ServerOptions options = {});

  // The same over a store of yours; of data_dir and store only the logger counts, for what the
  // server itself has to say.
  // REQUIRES: `store` outlives the server.
  [[nodiscard]] static std::expected<std::unique_ptr<Server>, ServerError> Start(
      Store& store, ServerOptions options = {});

  ~Server();  // Stop(0)
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Where clients reach it: http://HOST:PORT, with brackets around an IPv6 address.
  std::string url() const;
  uint16_t port() const;
  Store& store();

  // For dashboards and alarms: waits for no loop and no disk. What it counts stays after Stop.
  // THREAD: any, until the destructor begins, also on the server's own.
  ServerStats Stats() const;

  // Removes every stream; waits until that is durable.
  [[nodiscard]] StoreResult<void> Clear();

  // Stops accepting, wakes whoever waits, finishes what is in flight, and ends what is left after
  // `deadline_ms`. True: nothing was left. Waits. A second call does nothing. The store lives on.
  // REQUIRES: not called by a hook, a front handler or a callback on one of the server's threads.
  bool Stop(int64_t deadline_ms = 5'000);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
