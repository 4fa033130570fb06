// One handler for each method on a stream: decode the request, ask the engine, answer.
//
// Own thread only. Each lives in the file of its name; `key` is the stream's, from target.h.
#pragma once

#include <string>

#include "http/context.h"
#include "http/live.h"
#include "http/refusal.h"
#include "thalweg/http.h"

namespace thalweg {

struct StreamRequest {
  const Request& http;
  const std::string key;
};

// PUT (create.cc; protocol 5.1, 4.2)
void HandleCreate(const RouterContext& context, const StreamRequest& request, Responder& responder);

// POST (append.cc; protocol 5.2, 5.2.1, 5.3)
void HandleAppend(const RouterContext& context, const StreamRequest& request, Responder& responder);

// GET (read.cc; protocol 5.6 to 5.8)
void HandleRead(const RouterContext& context, LiveReaders& live, const StreamRequest& request,
                Responder& responder);

// HEAD (metadata.cc; protocol 5.5)
void HandleMetadata(const RouterContext& context, const StreamRequest& request,
                    Responder& responder);

// DELETE (remove.cc; protocol 5.4)
void HandleRemove(const RouterContext& context, const StreamRequest& request, Responder& responder);

// Answers a request that could not be decoded.
void SendRefusal(const RouterContext& context, const Refusal& refusal, Responder& responder);

}  // namespace thalweg
