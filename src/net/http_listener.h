// Accepts HTTP/1.1 connections on one loop and feeds their requests to a RequestHandler.
//
// Own thread only, but for the constructor and counts(). One listener per loop, each with its own
// SO_REUSEPORT socket on the same port.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "net/connection_limit.h"
#include "net/http_counts.h"
#include "net/listen_socket.h"
#include "net/loop.h"
#include "net/request_handler.h"
#include "thalweg/http_limits.h"

namespace thalweg {

class HttpListener {
 public:
  // All listeners of a server share `connection_limit`; limits.connections_max is not looked at.
  HttpListener(Loop& loop, ListenSocket socket, RequestHandler& handler, const HttpLimits& limits,
               ConnectionLimit& connection_limit);
  // Closes what is still open and cancels what is unfinished. A Responder that nobody listens for
  // (SetEvents) ends with it. REQUIRES: the loop does not run, or this is its thread.
  ~HttpListener();

  // Stops accepting; idle connections close now, busy ones with their last answer. `drained` is
  // called once no connection is left.
  void Drain(std::function<void()> drained);

  size_t connection_count() const;

  // THREAD: AddTo, any.
  const HttpCounts& counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
