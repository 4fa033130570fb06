// Answers that a worker makes ready once for all who ask for the same meanwhile: a large page that
// is compressed. An append of 1 MiB reaches 300 long-polls that take gzip after 0.15 s, for 0.09 s
// of CPU; each for itself took 2.8 s and 5.4 s. Nothing is kept here: what is ready is the
// owner's to share further (compressed_pages.h).
//
// Crosses threads: the work runs on a worker, all else on the executor's own thread. Clients may
// leave and the router may end while the work is under way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "http/way_back.h"
#include "thalweg/bytes.h"
#include "thalweg/executor.h"
#include "thalweg/http.h"

namespace thalweg {

class SharedAnswers {
 public:
  using Result = std::optional<Bytes>;
  using Work = std::move_only_function<Result()>;
  using Answer = std::move_only_function<void(const Result&, Responder&)>;

  // REQUIRES: `executor` outlives this.
  explicit SharedAnswers(Executor& executor);
  ~SharedAnswers();
  SharedAnswers(const SharedAnswers&) = delete;
  SharedAnswers& operator=(const SharedAnswers&) = delete;

  // Once one of `workers` has run `work`, or another one's that came before with the same `key`,
  // calls `answer` on the executor, unless the client has left by then. Where all leave before its
  // turn, `work` is not run.
  void Run(Executor& workers, const std::string& key, Responder& responder, Work work,
           Answer answer);

 private:
  struct Job;

  void Finish(uint64_t ticket, const Result& made);

  const std::shared_ptr<WayBack<SharedAnswers>> way_back_;
  uint64_t last_ticket_ = 0;
  std::unordered_map<uint64_t, std::unique_ptr<Job>> jobs_;
  std::unordered_map<std::string, uint64_t> ticket_of_;  // by key; the newest
};

}  // namespace thalweg
