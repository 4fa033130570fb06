#include "stream/expiry.h"

#include <limits>

#include "base/assert.h"
#include "base/decimal.h"

namespace thalweg {
namespace {

constexpr int64_t kEndOfTime = std::numeric_limits<int64_t>::max();

// The window in milliseconds; windows beyond what the clock can count last for ever.
int64_t WindowMs(const Expiry& expiry) {
  THALWEG_ASSERT(expiry.kind == Expiry::Kind::kTtl);
  constexpr uint64_t kSecondsMax = static_cast<uint64_t>(kEndOfTime) / 1000;
  if (expiry.ttl_s > kSecondsMax) return kEndOfTime;
  return static_cast<int64_t>(expiry.ttl_s) * 1000;
}

int64_t Plus(int64_t moment_ms, int64_t window_ms) {
  int64_t sum = 0;
  return __builtin_add_overflow(moment_ms, window_ms, &sum) ? kEndOfTime : sum;
}

// From `now_ms` until `then_ms`; 0 where that has come.
int64_t Until(int64_t then_ms, int64_t now_ms) {
  if (then_ms <= now_ms) return 0;
  int64_t rest = 0;
  return __builtin_sub_overflow(then_ms, now_ms, &rest) ? kEndOfTime : rest;
}

}  // namespace

bool Expiry::operator==(const Expiry& other) const {
  if (kind != other.kind) return false;
  switch (kind) {
    case Kind::kNever: return true;
    case Kind::kTtl: return ttl_s == other.ttl_s;
    case Kind::kAt: return at_ms == other.at_ms;
  }
  THALWEG_ASSERT(false);
}

std::optional<uint64_t> ParseTtl(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  const std::optional<uint64_t> seconds = ParseDecimal(text);
  return seconds && *seconds <= kTtlSecondsMax ? seconds : std::nullopt;
}

bool IsExpired(const Expiry& expiry, int64_t accessed_steady_ms, Moment now) {
  const std::optional<int64_t> rest = ExpiresInMs(expiry, accessed_steady_ms, now);
  return rest.has_value() && *rest == 0;
}

std::optional<int64_t> ExpiresInMs(const Expiry& expiry, int64_t accessed_steady_ms, Moment now) {
  switch (expiry.kind) {
    case Expiry::Kind::kNever: return std::nullopt;
    case Expiry::Kind::kTtl:
      return Until(Plus(accessed_steady_ms, WindowMs(expiry)), now.steady_ms);
    case Expiry::Kind::kAt: return Until(expiry.at_ms, now.wall_ms);
  }
  THALWEG_ASSERT(false);
}

int64_t LatestUseMs(const Expiry& expiry, int64_t recorded_steady_ms) {
  if (expiry.kind != Expiry::Kind::kTtl) return recorded_steady_ms;
  return Plus(recorded_steady_ms, WindowMs(expiry) / 8);
}

std::optional<int64_t> TouchInMs(const Expiry& expiry, int64_t recorded_steady_ms, Moment now) {
  if (expiry.kind != Expiry::Kind::kTtl) return std::nullopt;
  return Until(LatestUseMs(expiry, recorded_steady_ms), now.steady_ms);
}

bool TouchIsDue(const Expiry& expiry, int64_t recorded_steady_ms, Moment now) {
  return TouchInMs(expiry, recorded_steady_ms, now) == 0;
}

}  // namespace thalweg
