// Crosses threads: see the header.
#include "done_calls.h"

#include <utility>

namespace thalweg::node {

uint64_t DoneCalls::Add(Napi::Function done) {
  loop_.Hold();
  waiting_.emplace(++last_ticket_, Napi::Persistent(done));
  return last_ticket_;
}

Napi::FunctionReference DoneCalls::Take(uint64_t ticket) {
  loop_.Release();
  return std::move(waiting_.extract(ticket).mapped());
}

}  // namespace thalweg::node
