#include "net/http_counts.h"

#include <algorithm>

namespace thalweg {
namespace {

void Add(const AnswerStats& more, std::vector<AnswerStats>& answers) {
  const auto same = std::ranges::find_if(answers, [&more](const AnswerStats& answer) {
    return answer.method == more.method && answer.status == more.status;
  });
  if (same == answers.end()) {
    answers.push_back(more);
  } else {
    same->count += more.count;
  }
}

}  // namespace

void HttpCounts::AddTo(ServerStats& stats) const {
  stats.answers_aborted += aborted.value();
  stats.connections_accepted += accepted.value();
  stats.received_bytes += received_bytes.value();
  stats.sent_bytes += sent_bytes.value();
  stats.request_bytes += request_bytes.value();
  writes_.AddTo(stats.writes);
  for (size_t row = 0; row < answers_.size(); ++row) {
    std::optional<Method> method;
    if (row != kNoMethod) method = static_cast<Method>(row);
    for (size_t i = 0; i < kStatuses; ++i) {
      const uint64_t count = answers_[row][i].value();
      if (count != 0) Add({method, kStatusMin + static_cast<int>(i), count}, stats.answers);
    }
  }
}

}  // namespace thalweg
