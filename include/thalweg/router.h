// The Durable Streams protocol over a store (store.h): start here to embed Thalweg in an HTTP
// server.
//
// One Router serves one Executor; many Routers may share one Store. Give every request to Handle
// and implement Responder; the rest is done here. (protocol sections 4, 5, 8, 9, 10 and 12.7)
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "thalweg/clock.h"
#include "thalweg/executor.h"
#include "thalweg/export.h"
#include "thalweg/http.h"
#include "thalweg/options.h"
#include "thalweg/stats.h"

namespace thalweg {

class Engine;
class Store;

class THALWEG_API Router {
 public:
  // Over the streams of `store`. `workers` compresses large bodies away from `executor`; null:
  // everything runs on `executor`. REQUIRES: store, executor and workers outlive the router.
  Router(Store& store, Executor& executor, const RouterOptions& options = {},
         Executor* workers = nullptr);

  // The same over an engine without a store, as our tests have. REQUIRES: `clock` is the engine's;
  // all outlive the router.
  Router(Engine& engine, Executor& executor, Executor* workers, const Clock& clock,
         const RouterOptions& options);
  ~Router();  // cuts off who still waits for it
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Answers `request` through `responder`, now or later. Never throws. Never waits for the disk,
  // but where the stream is not in memory and Responder::HoldNext gives false, as it does by
  // default: then PUT, POST, DELETE and HEAD look for it on the disk within the call.
  // A path outside the base path is answered 404, but OPTIONS of any path 204. Requests are judged
  // as they are given: so that a client reads its own writes, an embedder holds back what follows a
  // PUT, POST or DELETE on its connection until that is answered; only a POST behind POSTs need not
  // wait. THREAD: the executor's own.
  void Handle(const Request& request, Responder& responder);

  // Requests for these paths are about to be given to Handle, which finds their streams sooner
  // then: their memory is on its way into the processor's cache meanwhile. For who reads from many
  // connections at once; some dozens at a time are good. A hint, that changes nothing else.
  // THREAD: the executor's own.
  void Expect(std::span<const std::string_view> paths);

  // Ends what waits, for good: long-polls are answered 204, SSE responses end between two events,
  // and later live reads are answered at once with what there is. Everything else goes on, and what
  // is in flight is answered; a read of a long stream whose client takes nothing for ten seconds is
  // cut off. Who wants to wait again makes a new router. THREAD: the executor's own.
  void Shutdown();

  // Readers that wait in this router. THREAD: any.
  RouterStats Stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
