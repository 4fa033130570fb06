// A whole server in your process: loops, HTTP/1.1 and a router for each core, over one store.
//
// THREAD: any, one call at a time; several servers may run in one process, also over one store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "thalweg/export.h"
#include "thalweg/options.h"
#include "thalweg/store.h"

namespace thalweg {

class FaultInjection;

// Limits of what clients may do, and what happens beyond.
struct HttpLimits {
  size_t request_line_bytes_max = 16u << 10;  // 414
  size_t header_bytes_max = 32u << 10;        // 431, all fields together
  size_t header_count_max = 100;              // 431
  size_t body_bytes_max = 64u << 20;          // 413, before the body is read
  size_t connections_max = 100'000;           // of the whole server; 503 with Retry-After beyond
  size_t pipelined_max = 64;                  // requests of one connection that wait for answers
  size_t output_bytes_max = 32u << 10;        // queued for one connection
  int64_t header_timeout_ms = 15'000;         // 408: from the first byte to the end of the head
  int64_t body_timeout_ms = 30'000;           // 408: longest silence within a body
  int64_t idle_timeout_ms = 75'000;           // keep-alive without a request: closed silently
  int64_t write_timeout_ms = 60'000;          // a client that takes nothing of a waiting answer
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 4437;  // 0: any free one
  size_t threads = 0;    // loops; 0: one for each core
  std::string data_dir;  // empty: streams are kept in memory
  StoreOptions store;    // where the server opens its own
  RouterOptions router;
  HttpLimits limits;
  FaultInjection* faults = nullptr;  // wraps every request; null: none. Outlives the server.
};

struct ServerError {
  enum class Code : uint8_t {
    kPortInUse,
    kCannotListen,  // an address that is not ours, no right to the port
    kStore,         // the data directory: see `open`
  };
  Code code = Code::kCannotListen;
  OpenError::Code open = OpenError::Code::kDisk;  // kStore
  std::string message;                            // one line that says what to do
};

class THALWEG_API Server {
 public:
  // Opens the store that the options name, binds and serves; when this returns, clients can
  // connect.
  [[nodiscard]] static std::expected<std::unique_ptr<Server>, ServerError> Start(
      ServerOptions options = {});

  // The same over a store of yours; data_dir and store are not looked at.
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

  // Removes every stream; waits until that is durable.
  [[nodiscard]] StoreResult<void> Clear();

  // Stops accepting, wakes whoever waits, finishes what is in flight, and ends what is left after
  // `deadline_ms`. True: nothing was left. Waits. A second call does nothing.
  bool Stop(int64_t deadline_ms = 5'000);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
