// One thread of a server with all that runs on it: a loop, a listening socket, a router.
//
// Made, started, stopped and destroyed by the server's owner; what is inside belongs to the loop's
// thread while that runs.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "api/turned_away.h"
#include "net/connection_limit.h"
#include "net/http_listener.h"
#include "net/listen_socket.h"
#include "net/loop.h"
#include "net/request_handler.h"
#include "thalweg/router.h"
#include "thalweg/server.h"

namespace thalweg {

class Lane final : private RequestHandler {
 public:
  // What all lanes of a server have in common, and the limits of each of them.
  struct Shared {
    Store& store;
    Executor& workers;
    const ServerOptions& options;
    HttpLimits limits;
    ConnectionLimit& connection_limit;
    TurnedAwayTeller& turned_away;
  };

  // REQUIRES: all that `shared` refers to outlives the lane.
  Lane(const Shared& shared, std::unique_ptr<Loop> loop, ListenSocket socket);
  ~Lane() override { Stop(); }

  void Start();

  // Stops accepting and wakes whoever waits; `drained` is called once, on the loop's thread, when
  // no connection is left. REQUIRES: started, called once.
  void Drain(std::function<void()> drained);

  // From here on nothing of the lane runs any more. THREAD: not the loop's.
  void Stop();

  // What this lane has counted, and holds. THREAD: any.
  void AddTo(ServerStats& stats) const;

 private:
  void Handle(const Request& request, Responder& responder) override;
  void Expect(std::span<const std::string_view> paths) override { router_.Expect(paths); }
  std::string_view common_fields() const override { return common_fields_.wire(); }
  void OnTurnedAway(TurnedAway why) override { turned_away_.Tell(why); }
  void Answer(const Request& request, Responder& responder);

  // In this order: the loop outlives the rest.
  const ServerOptions& options_;
  TurnedAwayTeller& turned_away_;
  const std::unique_ptr<Loop> loop_;
  const HeaderList common_fields_;
  Router router_;
  HttpListener listener_;
  std::thread thread_;
};

}  // namespace thalweg
