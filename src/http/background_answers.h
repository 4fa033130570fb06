// Answers whose body a worker makes, such as a large one that is compressed.
//
// Crosses threads: the work runs on a worker, all else on the executor's own thread. The client
// may leave and the router may end while the work is under way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "http/way_back.h"
#include "thalweg/bytes.h"
#include "thalweg/executor.h"
#include "thalweg/http.h"

namespace thalweg {

class BackgroundAnswers {
 public:
  using Work = std::move_only_function<Bytes()>;

  // Both outlive this.
  BackgroundAnswers(Executor& executor, Executor& workers);
  ~BackgroundAnswers();
  BackgroundAnswers(const BackgroundAnswers&) = delete;
  BackgroundAnswers& operator=(const BackgroundAnswers&) = delete;

  // Answers 200 with `fields` and what `work` gives, once a worker has run it.
  void Answer(Responder& responder, HeaderList fields, Work work);

 private:
  class Waiting;

  void Finish(uint64_t ticket, Bytes body);

  Executor& workers_;
  const std::shared_ptr<WayBack<BackgroundAnswers>> way_back_;
  uint64_t last_ticket_ = 0;
  std::unordered_map<uint64_t, std::unique_ptr<Waiting>> waiting_;
};

}  // namespace thalweg
