// Reads that do not hold up the executor: where one would wait for the disk, a worker of the engine
// repeats it; and none is told before what it rests on is durable.
//
// Own thread only; the worker touches nothing but the engine, which alone is sure to be there: the
// router may have ended.
#pragma once

#include <memory>
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
  if (!context.port.MustWait(rests_on)) return answer(outcome, responder);
  AnswerWhenDurable(context.port, rests_on, responder,
                    [outcome = std::move(outcome),
                     answer = std::move(answer)](Responder& to) mutable { answer(outcome, to); });
}

// Has one of `workers` call read(request), which may wait then, and calls
// answer(ReadOutcome&, Responder&) with what that gives, unless the client leaves before. `read`
// and `answer` own what they need.
template <typename Read, typename Answer>
void ReadOnWorker(const RouterContext& context, Executor& workers, PageRequest request,
                  Responder& responder, Read read, Answer answer) {
  request.may_wait = true;
  const auto outcome = std::make_shared<ReadOutcome>();
  context.background.Run(
      workers, responder, [request, outcome, read = std::move(read)] { *outcome = read(request); },
      [outcome, answer = std::move(answer)](Responder& to) mutable { answer(*outcome, to); });
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
  ReadOnWorker(
      context, *disk_workers, request, responder,
      [&engine, path = std::string(path), from](const PageRequest& again) {
        return engine.Read(path, from, again);
      },
      [&context, answer = std::move(answer)](ReadOutcome& found, Responder& to) mutable {
        AnswerReadWhenDurable(context, found, to, answer);
      });
}

}  // namespace thalweg
