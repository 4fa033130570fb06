// Live readers of one router: long-polls and SSE responses, grouped by stream in hubs.
// (protocol 5.7, 5.8, 10)
//
// Own thread only, but for Stats. A hub hears of its stream once per batch, encodes an event once
// and hands it to all its readers; a reader whose transport is full is marked behind and catches up
// by reads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "engine/read.h"
#include "http/context.h"
#include "http/live_shared.h"
#include "http/page_reply.h"
#include "thalweg/http.h"
#include "thalweg/stats.h"

namespace thalweg {

class LiveHub;

struct LiveRequest {
  std::string_view path;  // of the stream, to look it up; for the call
  ReadFrom from;
  std::optional<uint64_t> cursor;  // as sent by the client, where it was valid
  ReadConditions conditions;
};

class LiveReaders {
 public:
  explicit LiveReaders(const RouterContext& context);
  ~LiveReaders();

  // Both look the stream up and answer 400, 404 or 410 themselves where it comes to that.
  void LongPoll(LiveRequest request, Responder& responder);
  void Sse(LiveRequest request, Responder& responder);

  // See Router::Shutdown.
  void Shutdown();

  // THREAD: any.
  RouterStats Stats() const;

 private:
  template <typename Answer>
  void Begin(LiveRequest request, const PageRequest& page, Responder& responder, Answer answer);
  void AnswerLongPoll(LiveRequest& request, ReadOutcome& outcome, Responder& responder);

  // The hub of `stream` with room for one more; null: the answer has been given.
  LiveHub* HubFor(const StreamHandle& stream, Responder& responder);
  void Sweep(const StreamEntry* stream);

  LiveShared shared_;
  std::unordered_map<const StreamEntry*, std::unique_ptr<LiveHub>> hubs_;
};

}  // namespace thalweg
