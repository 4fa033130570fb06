// The whole server, put together: one engine, and for each thread a loop with its own listening
// socket and router.
//
// Crosses threads: made, drained and destroyed by main; the parts of a lane belong to its loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/system_clock.h"
#include "base/worker_pool.h"
#include "server/config.h"
#include "server/stream_home.h"

namespace thalweg {

class Server {
 public:
  using Error = StreamHome::Error;

  // Recovers, binds and starts; when this returns, clients can connect. REQUIRES: `logger` outlives
  // the server.
  static std::expected<std::unique_ptr<Server>, Error> Start(const ServeConfig& config,
                                                             spdlog::logger& logger);

  explicit Server(const ServeConfig& config);  // serves only once Start has done its work
  ~Server();                                   // ends at once what is still going on
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Where clients reach it: http://HOST:PORT, with brackets around an IPv6 address.
  std::string url() const;

  // Stops accepting, wakes whoever waits, finishes what is in flight. `drained` is called once, on
  // some loop's thread, when no connection is left. REQUIRES: called once.
  void Drain(std::function<void()> drained);

 private:
  class Lane;

  std::expected<void, Error> OpenHome(const DiskConfig& config, spdlog::logger& logger);
  std::expected<void, Error> Bind(const ServeConfig& config);
  void Run();

  const std::string host_;
  uint16_t port_ = 0;  // the real one
  SystemClock clock_;
  std::unique_ptr<StreamHome> home_;
  WorkerPool workers_;
  std::atomic<bool> ready_ = true;      // any thread
  std::atomic<size_t> lanes_open_ = 0;  // any thread; connections or listening socket left
  std::function<void()> drained_;       // constant once draining
  std::vector<std::unique_ptr<Lane>> lanes_;
};

// host:port as in a URL, with brackets around an IPv6 address.
std::string AuthorityOf(const std::string& host, uint16_t port);

}  // namespace thalweg
