// Answers that a worker makes ready: a page that is read from the disk, a stream that is found
// there.
//
// Crosses threads: the work runs on a worker, all else on the executor's own thread. The client
// may leave and the router may end while the work is under way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "http/waiting_answer.h"
#include "http/way_back.h"
#include "thalweg/executor.h"
#include "thalweg/http.h"

namespace thalweg {

class BackgroundAnswers {
 public:
  using Work = std::move_only_function<void()>;
  using Answer = std::move_only_function<void(Responder&)>;

  // REQUIRES: `executor` outlives this.
  explicit BackgroundAnswers(Executor& executor);
  ~BackgroundAnswers();
  BackgroundAnswers(const BackgroundAnswers&) = delete;
  BackgroundAnswers& operator=(const BackgroundAnswers&) = delete;

  // Once one of `workers` has run `work`, calls `answer` on the executor, unless the client has
  // left by then. Where it leaves before its turn, `work` is not run. `answer` never leaves the
  // executor and goes with the client, so it may hold what is large: workers may be far behind.
  void Run(Executor& workers, Responder& responder, Work work, Answer answer);

 private:
  void Finish(uint64_t ticket);

  const std::shared_ptr<WayBack<BackgroundAnswers>> way_back_;
  uint64_t last_ticket_ = 0;
  std::unordered_map<uint64_t, WaitingAnswer<Answer>> waiting_;
};

}  // namespace thalweg
