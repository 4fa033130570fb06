#include "stream/config_pool.h"

#include <gtest/gtest.h>

#include <string>

namespace thalweg {
namespace {

CreateRecord Typed(std::string_view type) {
  CreateRecord record;
  record.id = StreamId{1};
  record.path = "/a";
  record.requested.content_type = type;
  record.content_type = type;
  return record;
}

TEST(ConfigPool, SharesWhatIsTheSameToTheLetter) {
  ConfigPool pool;
  const auto first = pool.Share(Typed("text/plain"));
  EXPECT_EQ(first->content_type, "text/plain");
  EXPECT_EQ(first->requested.content_type, "text/plain");
  EXPECT_EQ(pool.Share(Typed("text/plain")), first);

  CreateRecord spelled = Typed("text/plain");
  spelled.content_type = "Text/Plain";
  EXPECT_EQ(pool.Share(spelled)->content_type, "Text/Plain");

  CreateRecord inherits = Typed("text/plain");
  inherits.expiry = {.kind = Expiry::Kind::kTtl, .ttl_s = 9};
  EXPECT_EQ(pool.Share(inherits)->requested.expiry.kind, Expiry::Kind::kNever);
  EXPECT_EQ(pool.Share(inherits)->expiry.ttl_s, 9u);

  const auto json = pool.Share(Typed("application/json"));
  EXPECT_EQ(json->kind, ContentKind::kJson);
  EXPECT_EQ(pool.Share(Typed("text/plain")), first);
}

TEST(ConfigPool, AnInstantKeepsItsSpelling) {
  ConfigPool pool;
  CreateRecord a = Typed("text/plain"), b = a;
  a.expiry = {.kind = Expiry::Kind::kAt, .at_ms = 1'000, .at_text = "1970-01-01T00:00:01Z"};
  b.expiry = {.kind = Expiry::Kind::kAt, .at_ms = 1'000, .at_text = "1970-01-01T00:00:01.0Z"};
  EXPECT_FALSE(IsConfigOf(*pool.Share(a), b));
  EXPECT_EQ(pool.Share(b)->expiry.at_text, "1970-01-01T00:00:01.0Z");
}

TEST(ConfigPool, ManyKindsPushOutTheOldest) {
  ConfigPool pool;
  const auto first = pool.Share(Typed("a/0"));
  for (int n = 1; n <= 8; ++n) pool.Share(Typed("a/" + std::to_string(n)));
  const auto again = pool.Share(Typed("a/0"));
  EXPECT_NE(again, first);
  EXPECT_EQ(again->content_type, "a/0");
}

}  // namespace
}  // namespace thalweg
