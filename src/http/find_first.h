// Requests that do not hold up the executor: where to find what one names would wait for the disk,
// a worker of the engine finds it first, and then the request is handled as if it came just then.
//
// Own thread only; on the worker nothing is touched but the engine, which alone is sure to be
// there.
#pragma once

#include <functional>

#include "http/context.h"
#include "http/handlers.h"
#include "thalweg/http.h"

namespace thalweg {

using Dispatch = std::move_only_function<void(const StreamRequest&, Responder&)>;

// Whether `request` is to be expected to wait. Never a GET, whose page a worker reads as a whole
// where any of it would wait (page_read.h).
bool WaitsToFind(const RouterContext& context, const StreamRequest& request);

// Calls dispatch(request, responder) once a worker has found what a copy of `request` names, unless
// the client leaves before: then nothing is done, as if the request had not come.
// REQUIRES: WaitsToFind(context, request), and `responder` holds back what comes behind it.
void DispatchOnceFound(const RouterContext& context, const StreamRequest& request,
                       Responder& responder, Dispatch dispatch);

}  // namespace thalweg
