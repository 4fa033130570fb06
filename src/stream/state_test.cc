#include "stream/state.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

CreateRecord Create() {
  CreateRecord record;
  record.id = StreamId{1};
  record.path = "/a";
  record.requested.content_type = "text/plain";
  record.requested.expiry = {.kind = Expiry::Kind::kAt, .at_ms = 5, .at_text = "five"};
  record.content_type = "Text/Plain";
  record.expiry = record.requested.expiry;
  return record;
}

TEST(StreamConfig, IsWhatTheRecordSettles) {
  const StreamConfig config = ConfigOf(Create());
  EXPECT_EQ(config.requested, Create().requested);
  EXPECT_EQ(config.content_type, "Text/Plain");
  EXPECT_EQ(config.kind, ContentKind::kText);
  EXPECT_EQ(config.expiry.at_text, "five");
  EXPECT_TRUE(IsConfigOf(config, Create()));
}

TEST(StreamConfig, IsOfARecordToTheLetter) {
  const StreamConfig config = ConfigOf(Create());
  CreateRecord spelled = Create();
  spelled.content_type = "text/plain";
  EXPECT_FALSE(IsConfigOf(config, spelled));
  CreateRecord written = Create();
  written.expiry.at_text = "5";
  EXPECT_FALSE(IsConfigOf(config, written));
  CreateRecord asked = Create();
  asked.requested.expiry.at_text = "5";
  EXPECT_FALSE(IsConfigOf(config, asked));
  CreateRecord other = Create();
  other.requested.content_type = "a/b";
  EXPECT_FALSE(IsConfigOf(config, other));
}

}  // namespace
}  // namespace thalweg
