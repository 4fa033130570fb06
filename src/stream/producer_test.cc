#include "stream/producer.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

constexpr uint64_t kMax = 9'007'199'254'740'991;  // 2^53 - 1, the largest a header can carry

// One row per line of the protocol's table; the producer stands at epoch 5, seq 2.
TEST(ProducerTable, FollowsTheProtocolTable) {
  struct Case {
    const char* why;
    uint64_t epoch, seq;
    ProducerVerdict want;
  };
  const Case cases[] = {
      {"next seq", 5, 3, ProducerVerdict::kAccept},
      {"same seq again", 5, 2, ProducerVerdict::kDuplicate},
      {"older seq", 5, 0, ProducerVerdict::kDuplicate},
      {"skipped a seq", 5, 4, ProducerVerdict::kGap},
      {"far ahead", 5, kMax, ProducerVerdict::kGap},
      {"older epoch, next seq", 4, 3, ProducerVerdict::kStaleEpoch},
      {"older epoch at 0", 0, 0, ProducerVerdict::kStaleEpoch},
      {"new epoch at 0", 6, 0, ProducerVerdict::kAccept},
      {"new epoch may skip epochs", kMax, 0, ProducerVerdict::kAccept},
      {"new epoch not at 0", 6, 1, ProducerVerdict::kBadEpochStart},
      {"new epoch with the next seq", 6, 3, ProducerVerdict::kBadEpochStart},
  };
  ProducerTable table;
  for (uint64_t seq = 0; seq <= 2; ++seq) table.Record({"p", 5, seq});
  for (const Case& c : cases) EXPECT_EQ(table.Check({"p", c.epoch, c.seq}), c.want) << c.why;
}

TEST(ProducerTable, LetsANewProducerStartAtSeqZeroInAnyEpoch) {
  const ProducerTable table;
  EXPECT_EQ(table.Check({"p", 0, 0}), ProducerVerdict::kAccept);
  EXPECT_EQ(table.Check({"p", 7, 0}), ProducerVerdict::kAccept);
  EXPECT_EQ(table.Check({"p", 0, 1}), ProducerVerdict::kGap);
  EXPECT_EQ(table.Check({"p", 7, 3}), ProducerVerdict::kGap);
}

TEST(ProducerTable, KeepsProducersApart) {
  ProducerTable table;
  table.Record({"p", 5, 0});
  EXPECT_EQ(table.Check({"q", 0, 0}), ProducerVerdict::kAccept);
  EXPECT_EQ(table.Check({"P", 0, 0}), ProducerVerdict::kAccept);
  EXPECT_EQ(table.Find("q"), nullptr);
}

TEST(ProducerTable, RemembersTheLastAcceptedOnly) {
  ProducerTable table;
  table.Record({"p", 1, 0});
  table.Record({"p", 1, 1});
  EXPECT_EQ(*table.Find("p"), (ProducerTable::State{1, 1}));
  table.Record({"p", 2, 0});
  EXPECT_EQ(*table.Find("p"), (ProducerTable::State{2, 0}));
  EXPECT_EQ(table.states().size(), 1u);
}

TEST(ProducerTable, CheckingChangesNothing) {
  ProducerTable table;
  table.Record({"p", 1, 0});
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(table.Check({"p", 1, 1}), ProducerVerdict::kAccept);
    EXPECT_EQ(table.Check({"p", 2, 0}), ProducerVerdict::kAccept);
  }
  EXPECT_EQ(*table.Find("p"), (ProducerTable::State{1, 0}));
}

TEST(ProducerTableDeathTest, RefusesToRememberWhatWasNotAccepted) {
  ProducerTable table;
  EXPECT_DEATH(table.Record({"p", 0, 1}), "kAccept");
  EXPECT_DEATH(table.Check({"", 0, 0}), "empty");
}

}  // namespace
}  // namespace thalweg
