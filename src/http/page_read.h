// Reads that do not hold up the executor: where one would wait for the disk, a worker of the engine
// repeats it.
//
// Own thread only; of `answer`, nothing but its move happens on the worker.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "engine/engine.h"
#include "http/background_answers.h"
#include "http/context.h"
#include "thalweg/http.h"

namespace thalweg {

// Calls answer(ReadOutcome, Responder&) with what `request` gives: now, or later where it has to
// wait, unless the client leaves before. `answer` owns what it needs: the request is gone by then.
template <typename Answer>
void ReadPage(const RouterContext& context, std::string_view path, ReadFrom from,
              PageRequest request, Responder& responder, Answer answer) {
  Executor* const disk_workers = context.engine.disk_workers();
  request.may_wait = disk_workers == nullptr;
  ReadOutcome outcome = context.engine.Read(path, from, request);
  if (outcome.verdict != ReadVerdict::kWouldWait) return answer(std::move(outcome), responder);
  request.may_wait = true;
  context.background.Run(*disk_workers, responder,
                         [&engine = context.engine, path = std::string(path), from, request,
                          answer = std::move(answer)]() mutable -> BackgroundAnswers::Answer {
                           return [outcome = engine.Read(path, from, request),
                                   answer = std::move(answer)](Responder& to) mutable {
                             answer(std::move(outcome), to);
                           };
                         });
}

}  // namespace thalweg
