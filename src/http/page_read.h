// Reads that do not hold up the executor: where one would wait for the disk, a worker of the engine
// repeats it; and none is told before what it rests on is durable.
//
// Own thread only; of `answer`, nothing but its move happens on the worker, where the engine alone
// is sure to be there: the router may have ended.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "engine/engine.h"
#include "http/background_answers.h"
#include "http/context.h"
#include "http/durable_answer.h"
#include "thalweg/http.h"

namespace thalweg {

// What is durable is answered from where it stands: only what has to wait is moved.
template <typename Answer>
void AnswerReadWhenDurable(const RouterContext& context, ReadOutcome& outcome, Responder& responder,
                           Answer& answer) {
  const Lsn rests_on = outcome.rests_on;
  if (rests_on <= context.engine.durable()) return answer(outcome, responder);
  AnswerWhenDurable(context.port, rests_on, responder,
                    [outcome = std::move(outcome),
                     answer = std::move(answer)](Responder& to) mutable { answer(outcome, to); });
}

// Calls answer(ReadOutcome&, Responder&) with what `request` gives: now, or later where it has to
// wait, unless the client leaves before. `answer` owns what it needs: the request is gone by then.
template <typename Answer>
void ReadPage(const RouterContext& context, std::string_view path, ReadFrom from,
              PageRequest request, Responder& responder, Answer answer) {
  Engine& engine = context.engine;
  Executor* const disk_workers = engine.disk_workers();
  request.may_wait = disk_workers == nullptr;
  ReadOutcome outcome = engine.Read(path, from, request);
  if (outcome.verdict != ReadVerdict::kWouldWait) {
    return AnswerReadWhenDurable(context, outcome, responder, answer);
  }
  request.may_wait = true;
  context.background.Run(*disk_workers, responder,
                         [&context, &engine, path = std::string(path), from, request,
                          answer = std::move(answer)]() mutable -> BackgroundAnswers::Answer {
                           return [&context, outcome = engine.Read(path, from, request),
                                   answer = std::move(answer)](Responder& to) mutable {
                             AnswerReadWhenDurable(context, outcome, to, answer);
                           };
                         });
}

}  // namespace thalweg
