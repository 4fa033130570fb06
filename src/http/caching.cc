#include "http/caching.h"

#include <algorithm>

#include "base/decimal.h"

namespace thalweg {

namespace {

constexpr int64_t kFreshSeconds = 60;
constexpr int64_t kStaleSeconds = 300;  // while the cache asks
constexpr size_t kUsualBytes = 64;      // of a policy in words

// Long enough to bound nothing, where nothing ends.
int64_t SecondsToLive(const Expiry& expiry, int64_t wall_ms) {
  constexpr int64_t kLong = 2 * (kFreshSeconds + kStaleSeconds);
  switch (expiry.kind) {
    case Expiry::Kind::kNever: break;
    case Expiry::Kind::kTtl: return static_cast<int64_t>(std::min<uint64_t>(expiry.ttl_s, kLong));
    case Expiry::Kind::kAt: return std::clamp<int64_t>((expiry.at_ms - wall_ms) / 1000, 0, kLong);
  }
  return kLong;
}

}  // namespace

CachePolicy PolicyFor(bool is_authorized, CachePolicy of) {
  return is_authorized && of == CachePolicy::kPublic ? CachePolicy::kPrivate : of;
}

std::string CacheControlOf(CachePolicy policy, AskedFor asked_for, const Expiry& expiry,
                           int64_t wall_ms) {
  if (policy == CachePolicy::kNoStore || asked_for == AskedFor::kNow) return "no-store";
  std::string control;
  control.reserve(kUsualBytes);
  control = policy == CachePolicy::kPublic ? "public" : "private";
  if (asked_for == AskedFor::kNoOffset) {
    control += ", no-cache";
    return control;
  }
  const int64_t life_s = SecondsToLive(expiry, wall_ms);
  const int64_t fresh_s = std::min(kFreshSeconds, life_s / 2);
  const int64_t stale_s = std::min(kStaleSeconds, life_s - fresh_s);
  AppendNumber(control.append(", max-age="), static_cast<uint64_t>(fresh_s));
  AppendNumber(control.append(", stale-while-revalidate="), static_cast<uint64_t>(stale_s));
  return control;
}

std::string_view EventsCacheControlOf(CachePolicy policy) {
  switch (policy) {
    case CachePolicy::kPublic: break;
    case CachePolicy::kPrivate: return "private, no-cache, no-transform";
    case CachePolicy::kNoStore: return "no-store, no-cache, no-transform";
  }
  return "no-cache, no-transform";
}

}  // namespace thalweg
