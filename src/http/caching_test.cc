#include "http/caching.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

constexpr int64_t kNowMs = 1'800'000'000'000;

Expiry WithTtl(uint64_t ttl_s) { return {.kind = Expiry::Kind::kTtl, .ttl_s = ttl_s}; }

Expiry WithEnd(int64_t at_ms) { return {.kind = Expiry::Kind::kAt, .at_ms = at_ms}; }

TEST(CacheControl, IsThePolicyAndWhatWasAskedFor) {
  struct Case {
    CachePolicy policy;
    AskedFor asked_for;
    std::string_view want;
  };
  constexpr Case kCases[] = {
      {CachePolicy::kPublic, AskedFor::kOffset, "public, max-age=60, stale-while-revalidate=300"},
      {CachePolicy::kPublic, AskedFor::kNoOffset, "public, no-cache"},
      {CachePolicy::kPublic, AskedFor::kNow, "no-store"},
      {CachePolicy::kPrivate, AskedFor::kOffset, "private, max-age=60, stale-while-revalidate=300"},
      {CachePolicy::kPrivate, AskedFor::kNoOffset, "private, no-cache"},
      {CachePolicy::kPrivate, AskedFor::kNow, "no-store"},
      {CachePolicy::kNoStore, AskedFor::kOffset, "no-store"},
      {CachePolicy::kNoStore, AskedFor::kNoOffset, "no-store"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(CacheControlOf(c.policy, c.asked_for, {}, kNowMs), c.want);
  }
}

TEST(CacheControl, OfEventsIsAskedForAnewAndKeepsToThePolicy) {
  EXPECT_EQ(EventsCacheControlOf(CachePolicy::kPublic), "no-cache, no-transform");
  EXPECT_EQ(EventsCacheControlOf(CachePolicy::kPrivate), "private, no-cache, no-transform");
  EXPECT_EQ(EventsCacheControlOf(CachePolicy::kNoStore), "no-store, no-cache, no-transform");
}

TEST(CacheControl, IsPrivateForWhoComesWithCredentials) {
  EXPECT_EQ(PolicyFor(true, CachePolicy::kPublic), CachePolicy::kPrivate);
  EXPECT_EQ(PolicyFor(false, CachePolicy::kPublic), CachePolicy::kPublic);
  EXPECT_EQ(PolicyFor(true, CachePolicy::kNoStore), CachePolicy::kNoStore);
}

TEST(CacheControl, EndsWithTheStream) {
  struct Case {
    std::string_view why;
    Expiry expiry;
    std::string_view want;
  };
  const Case cases[] = {
      {"long enough", WithTtl(360), "max-age=60, stale-while-revalidate=300"},
      {"longer than numbers go", WithTtl(kTtlSecondsMax), "max-age=60, stale-while-revalidate=300"},
      {"read again in time", WithTtl(100), "max-age=50, stale-while-revalidate=50"},
      {"ends at once", WithTtl(0), "max-age=0, stale-while-revalidate=0"},
      {"far", WithEnd(kNowMs + 400'000), "max-age=60, stale-while-revalidate=300"},
      {"near", WithEnd(kNowMs + 31'900), "max-age=15, stale-while-revalidate=16"},
      {"over", WithEnd(kNowMs - 5'000), "max-age=0, stale-while-revalidate=0"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(CacheControlOf(CachePolicy::kPublic, AskedFor::kOffset, c.expiry, kNowMs),
              "public, " + std::string(c.want))
        << c.why;
  }
}

}  // namespace
}  // namespace thalweg
