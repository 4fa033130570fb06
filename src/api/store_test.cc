// Every method and what it refuses, in memory and in a directory alike.
#include "thalweg/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "api/store_test_support.h"
#include "engine/engine.h"
#include "testing/line_logger.h"
#include "testing/temp_folder.h"

namespace thalweg {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

using Paths = std::vector<std::string>;

TEST_P(StoreTest, CreatesOnceAndAgreesWithWhoeverAsksForTheSame) {
  const CreateOptions options{
      .content_type = "application/json", .ttl_s = 60, .initial_data = "[1,[2]]"};
  const auto created = store_->Create("a", options);
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_TRUE(created->created);
  EXPECT_EQ(created->content_type, "application/json");
  EXPECT_EQ(created->next_offset, OffsetText(6));  // 1,[2],
  EXPECT_FALSE(created->closed);
  const auto again = store_->Create("a", options);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->next_offset, OffsetText(6));
}

TEST_P(StoreTest, ACreationSaysWhyItIsRefused) {
  Create("a", "text/plain", "ab");
  Append("a", "cd");
  Create("json", "application/json", "[1,2]");
  CreateSoftDeleted("deleted");
  struct Case {
    const char* why;
    const char* path;
    CreateOptions options;
    StoreErrc want;
  };
  const Case cases[] = {
      {"no path", "", {}, StoreErrc::kBadArgument},
      {"only a slash", "/", {}, StoreErrc::kBadArgument},
      {"a dot segment", "a/../b", {}, StoreErrc::kBadArgument},
      {"not percent-encoded", "a%zz", {}, StoreErrc::kBadArgument},
      {"a control character", "a\nb", {}, StoreErrc::kBadArgument},
      {"a reserved path", "__ds/x", {}, StoreErrc::kBadArgument},
      {"a window too long", "n", {.ttl_s = uint64_t{1} << 53}, StoreErrc::kBadArgument},
      {"not an instant", "n", {.expires_at = "tomorrow"}, StoreErrc::kBadArgument},
      {"a long instant",
       "n",
       {.expires_at = "2030-01-01T00:00:00." + std::string(1'024, '0') + "Z"},
       StoreErrc::kBadArgument},
      {"window and instant",
       "n",
       {.ttl_s = 1, .expires_at = "2030-01-01T00:00:00Z"},
       StoreErrc::kBadArgument},
      {"not a type", "n", {.content_type = "text"}, StoreErrc::kBadArgument},
      {"a type that ends its header",
       "n",
       {.content_type = "a/b\r\nx: y"},
       StoreErrc::kBadArgument},
      {"a fork of nothing", "n", {.fork_offset = OffsetText(0)}, StoreErrc::kBadArgument},
      {"the same", "n", {.fork_sub_offset = 1}, StoreErrc::kBadArgument},
      {"not an offset", "n", {.forked_from = "a", .fork_offset = "2"}, StoreErrc::kBadArgument},
      {"a source that cannot be", "n", {.forked_from = "a//../"}, StoreErrc::kBadArgument},
      {"another type", "a", {.content_type = "text/html"}, StoreErrc::kExists},
      {"another window", "a", {.content_type = "text/plain", .ttl_s = 1}, StoreErrc::kExists},
      {"another closure", "a", {.content_type = "text/plain", .closed = true}, StoreErrc::kExists},
      {"held by a deleted one", "deleted", {}, StoreErrc::kPathHeld},
      {"no source", "n", {.forked_from = "none"}, StoreErrc::kSourceNotFound},
      {"a deleted source", "n", {.forked_from = "deleted"}, StoreErrc::kSourceGone},
      {"a fork of another type",
       "n",
       {.content_type = "text/html", .forked_from = "a"},
       StoreErrc::kContentTypeMismatch},
      {"beyond the tail",
       "n",
       {.forked_from = "a", .fork_offset = OffsetText(5)},
       StoreErrc::kForkOffset},
      {"inside an append",
       "n",
       {.forked_from = "a", .fork_offset = OffsetText(1)},
       StoreErrc::kForkOffset},
      {"past the append behind it",
       "n",
       {.forked_from = "a", .fork_offset = OffsetText(2), .fork_sub_offset = 3},
       StoreErrc::kForkOffset},
      {"not JSON",
       "n",
       {.content_type = "application/json", .initial_data = "{"},
       StoreErrc::kBadJson},
      {"not JSON, as the source is",
       "n",
       {.initial_data = "{", .forked_from = "json"},
       StoreErrc::kBadJson},
  };
  for (const Case& c : cases) EXPECT_EQ(CodeOf(store_->Create(c.path, c.options)), c.want) << c.why;
  EXPECT_FALSE(store_->Has("n")) << "nothing came of any of them";
}

TEST_P(StoreTest, AnAppendSaysWhereTheStreamEnds) {
  Create("a");
  const auto appended = store_->Append("a", "hello");
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(appended->kind, AppendResult::Kind::kAppended);
  EXPECT_EQ(appended->next_offset, OffsetText(5));
  EXPECT_FALSE(appended->closed);
  EXPECT_EQ(appended->producer_epoch, 0u);
  const auto typed = store_->Append("/a", "!", {.content_type = "Text/Plain; charset=utf-8"});
  ASSERT_TRUE(typed) << typed.error().message;
  EXPECT_EQ(store_->CurrentOffset("a"), OffsetText(6));
  EXPECT_EQ(Text("a"), "hello!");
}

TEST_P(StoreTest, ProducersAppendOnceAndInOrder) {
  Create("a");
  const auto append = [&](uint64_t epoch, uint64_t seq) {
    return store_->Append("a", "x", {.producer = Producer{.id = "p", .epoch = epoch, .seq = seq}});
  };
  const auto first = append(3, 0);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->producer_epoch, 3u);
  EXPECT_EQ(append(3, 1)->producer_seq, 1u);
  const auto repeated = append(3, 0);
  ASSERT_TRUE(repeated) << repeated.error().message;
  EXPECT_EQ(repeated->kind, AppendResult::Kind::kDuplicate);
  EXPECT_EQ(repeated->producer_seq, 1u) << "of the producer's state now";
  EXPECT_EQ(repeated->next_offset, OffsetText(2));

  const auto gap = append(3, 7);
  EXPECT_EQ(CodeOf(gap), StoreErrc::kSequenceGap);
  EXPECT_EQ(gap.error().producer_seq_expected, 2u);
  EXPECT_EQ(gap.error().current_offset, OffsetText(2));
  const auto stale = append(2, 0);
  EXPECT_EQ(CodeOf(stale), StoreErrc::kStaleEpoch);
  EXPECT_EQ(stale.error().producer_epoch, 3u);
  EXPECT_EQ(CodeOf(append(4, 1)), StoreErrc::kBadEpochStart);
  EXPECT_EQ(Text("a"), "xx");
}

TEST_P(StoreTest, AnAppendTellsOfJsonAsItStandsInTheStream) {
  Create("j", "application/json", "0");
  Create("text");
  const auto two = store_->Append("j", "[1, [2]]");
  ASSERT_TRUE(two) << two.error().message;
  EXPECT_EQ(two->json.view(), store_->Read("j")->messages.at(1).data.view());
  EXPECT_EQ(store_->Append("text", "[1]")->json.view(), "");
}

TEST_P(StoreTest, AnAppendSaysWhyItIsRefused) {
  Create("a");
  Create("json", "application/json");
  CreateSoftDeleted("deleted");
  ASSERT_TRUE(store_->Append("a", "1", {.stream_seq = "b"}));
  ASSERT_TRUE(store_->Append("closed/../", "").error().code == StoreErrc::kBadArgument);
  const Producer nobody{}, too_far{.id = "p", .epoch = uint64_t{1} << 53},
      split{.id = "p\r\n", .epoch = 0};
  const std::string too_long(1'025, '1');
  struct Case {
    const char* why;
    const char* path;
    const char* data;
    AppendOptions options;
    StoreErrc want;
  };
  const Case cases[] = {
      {"no path", "", "x", {}, StoreErrc::kBadArgument},
      {"a long type", "a", "x", {.content_type = too_long}, StoreErrc::kBadArgument},
      {"a long name", "a", "x", {.producer = Producer{.id = too_long}}, StoreErrc::kBadArgument},
      {"a long marker", "a", "x", {.stream_seq = too_long}, StoreErrc::kBadArgument},
      {"a producer without a name", "a", "x", {.producer = nobody}, StoreErrc::kBadArgument},
      {"a number no client can send", "a", "x", {.producer = too_far}, StoreErrc::kBadArgument},
      {"a name that ends its header", "a", "x", {.producer = split}, StoreErrc::kBadArgument},
      {"a marker that ends its header", "a", "x", {.stream_seq = "\n"}, StoreErrc::kBadArgument},
      {"no stream", "none", "x", {}, StoreErrc::kNotFound},
      {"no stream, with a type", "none", "x", {.content_type = "a/b"}, StoreErrc::kNotFound},
      {"a deleted one", "deleted", "x", {}, StoreErrc::kGone},
      {"a blank type", "a", "x", {.content_type = ""}, StoreErrc::kContentTypeMissing},
      {"another type", "a", "x", {.content_type = "a/b"}, StoreErrc::kContentTypeMismatch},
      {"JSON to text",
       "a",
       "1",
       {.content_type = "application/json"},
       StoreErrc::kContentTypeMismatch},
      {"the same marker", "a", "x", {.stream_seq = "b"}, StoreErrc::kSequenceRegressed},
      {"nothing", "a", "", {}, StoreErrc::kEmptyAppend},
      {"no message", "json", "[]", {}, StoreErrc::kEmptyAppend},
      {"not JSON", "json", "{", {}, StoreErrc::kBadJson},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(CodeOf(store_->Append(c.path, c.data, c.options)), c.want) << c.why;
  }
  EXPECT_EQ(Text("a"), "1");
  EXPECT_EQ(Text("json"), "");
}

TEST_P(StoreTest, AClosedStreamTakesNothingAndIsClosedAgainAndAgain) {
  Create("a");
  Append("a", "x");
  const auto closed = store_->Close("a");
  ASSERT_TRUE(closed) << closed.error().message;
  EXPECT_EQ(closed->kind, AppendResult::Kind::kClosed);
  EXPECT_TRUE(closed->closed);
  EXPECT_EQ(closed->next_offset, OffsetText(1));
  EXPECT_EQ(store_->Close("a")->kind, AppendResult::Kind::kAlreadyClosed);
  const auto refused = store_->Append("a", "y");
  EXPECT_EQ(CodeOf(refused), StoreErrc::kClosed);
  EXPECT_EQ(refused.error().current_offset, OffsetText(1));
  EXPECT_EQ(CodeOf(store_->Close("none")), StoreErrc::kNotFound);
}

TEST_P(StoreTest, ClosesWithAnAppendAndByAProducer) {
  Create("a");
  const auto last = store_->Append("a", "x", {.close = true});
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_EQ(last->kind, AppendResult::Kind::kAppended);
  EXPECT_TRUE(last->closed);
  Create("b");
  const Producer producer{.id = "p", .epoch = 1, .seq = 0};
  EXPECT_EQ(store_->Close("b", producer)->kind, AppendResult::Kind::kClosed);
  EXPECT_EQ(store_->Close("b", producer)->kind, AppendResult::Kind::kAlreadyClosed);
  const auto told = store_->Get("b");
  ASSERT_TRUE(told && told->closed_by);
  EXPECT_EQ(told->closed_by->id, "p");
  EXPECT_EQ(told->closed_by->epoch, 1u);
}

TEST_P(StoreTest, RemovesWhatIsThereAndSaysWhetherItWas) {
  Create("a");
  EXPECT_TRUE(store_->Remove("a").value());
  EXPECT_FALSE(store_->Remove("a").value());
  EXPECT_FALSE(store_->Has("a"));
  Create("a");  // the path is free again
  EXPECT_EQ(CodeOf(store_->Remove("a/../b")), StoreErrc::kBadArgument);
  CreateSoftDeleted("deleted");
  EXPECT_EQ(CodeOf(store_->Remove("deleted")), StoreErrc::kGone);
  EXPECT_TRUE(store_->Remove("deleted/fork").value());
  EXPECT_FALSE(store_->Remove("deleted").value()) << "it went with its last fork";
}

TEST_P(StoreTest, ClearsEverything) {
  CreateSoftDeleted("deleted");
  for (const char* path : {"a", "b/c", "b/d"}) Create(path);
  ASSERT_TRUE(store_->Create("fork", {.forked_from = "deleted/fork"}));
  ASSERT_TRUE(store_->Clear());
  EXPECT_EQ(store_->List(), Paths{});
  EXPECT_EQ(CodeOf(store_->Get("deleted")), StoreErrc::kNotFound);
  ASSERT_TRUE(store_->Clear()) << "of nothing";
  Create("a");
}

TEST_P(StoreTest, ReadsMessagesWithTheOffsetBehindEach) {
  Create("a", "text/plain", "one");
  for (const char* text : {"two!", "3"}) Append("a", text);
  const auto read = store_->Read("a");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->messages.size(), 3u);
  EXPECT_EQ(read->messages[0].data.view(), "one");
  EXPECT_EQ(read->messages[0].offset, OffsetText(3));
  EXPECT_EQ(read->messages[1].data.view(), "two!");
  EXPECT_EQ(read->messages[1].offset, OffsetText(7));
  EXPECT_EQ(read->messages[2].data.view(), "3");
  EXPECT_EQ(read->next_offset, OffsetText(8));
  EXPECT_TRUE(read->up_to_date);
  EXPECT_FALSE(read->closed);
  EXPECT_EQ(read->content_type, "text/plain");
}

TEST_P(StoreTest, ReadsFromAnOffsetInPages) {
  Create("a");
  for (const char* text : {"one", "two!", "3"}) Append("a", text);
  struct Case {
    const char* why;
    ReadOptions options;
    const char* want;
    uint64_t next;
    bool up_to_date;
  };
  const Case cases[] = {
      {"from the start", {.offset = "-1"}, "one|two!|3|", 8, true},
      {"from an offset", {.offset = OffsetText(3)}, "two!|3|", 8, true},
      {"from the tail", {.offset = "now"}, "", 8, true},
      {"from its offset", {.offset = OffsetText(8)}, "", 8, true},
      {"a page", {.bytes_max = 7}, "one|two!|", 7, false},
      {"at least one", {.offset = OffsetText(3), .bytes_max = 1}, "two!|", 7, false},
  };
  for (const Case& c : cases) {
    const auto read = store_->Read("a", c.options);
    ASSERT_TRUE(read) << c.why << ": " << read.error().message;
    std::string text;
    for (const Message& message : read->messages) text += std::string(message.data.view()) + "|";
    EXPECT_EQ(text, c.want) << c.why;
    EXPECT_EQ(read->next_offset, OffsetText(c.next)) << c.why;
    EXPECT_EQ(read->up_to_date, c.up_to_date) << c.why;
  }
  ASSERT_TRUE(store_->Close("a"));
  EXPECT_TRUE(store_->Read("a")->closed);
  EXPECT_FALSE(store_->Read("a", {.bytes_max = 1})->closed) << "not at its end yet";
}

TEST_P(StoreTest, WhatReadsAndTellsSaysWhyItIsRefused) {
  Create("a", "text/plain", "ab");
  CreateSoftDeleted("deleted");
  const auto read = [&](const char* path, const std::string& offset) {
    return CodeOf(store_->Read(path, {.offset = offset}));
  };
  EXPECT_EQ(read("", "-1"), StoreErrc::kBadArgument);
  EXPECT_EQ(read("a", ""), StoreErrc::kBadArgument);
  EXPECT_EQ(read("a", "2"), StoreErrc::kBadArgument);
  EXPECT_EQ(read("a", OffsetText(1)), StoreErrc::kOffset);
  EXPECT_EQ(read("a", OffsetText(3)), StoreErrc::kOffset);
  EXPECT_EQ(read("none", "-1"), StoreErrc::kNotFound);
  EXPECT_EQ(read("deleted", "-1"), StoreErrc::kGone);
  for (const char* path : {"none", "deleted"}) {
    const bool is_gone = path == std::string("deleted");
    const StoreErrc want = is_gone ? StoreErrc::kGone : StoreErrc::kNotFound;
    EXPECT_EQ(CodeOf(store_->Touch(path)), want);
    EXPECT_EQ(CodeOf(store_->CurrentOffset(path)), want);
    EXPECT_FALSE(store_->Has(path));
    EXPECT_EQ(store_->Get(path).has_value(), is_gone);
  }
  EXPECT_EQ(CodeOf(store_->Get("a//..")), StoreErrc::kBadArgument);
  EXPECT_EQ(CodeOf(store_->Touch("%")), StoreErrc::kBadArgument);
  EXPECT_EQ(CodeOf(store_->CurrentOffset("")), StoreErrc::kBadArgument);
  EXPECT_FALSE(store_->Has(""));
}

TEST_P(StoreTest, TellsAllThatIsKnownOfAStream) {
  const int64_t created_ms = clock_.WallMs();
  Create("a", "text/plain; charset=utf-8", "one");
  clock_.AdvanceMs(5'000);
  for (uint64_t seq = 0; seq < 2; ++seq) {
    ASSERT_TRUE(store_->Append("a", "x",
                               {.producer = Producer{.id = "p", .epoch = 7, .seq = seq},
                                .stream_seq = "s" + std::to_string(seq)}));
  }
  ASSERT_TRUE(store_->Create(
      "fork",
      {.ttl_s = 60, .forked_from = "/a", .fork_offset = OffsetText(3), .fork_sub_offset = 1}));
  const auto told = store_->Get("a");
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->path, "a");
  EXPECT_EQ(told->content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(told->current_offset, OffsetText(5));
  EXPECT_FALSE(told->closed || told->soft_deleted || told->ttl_s || told->expires_at);
  EXPECT_FALSE(told->forked_from || told->fork_offset || told->closed_by);
  EXPECT_EQ(told->created_at_ms, created_ms);
  EXPECT_EQ(told->used_at_ms, created_ms + 5'000);
  EXPECT_EQ(told->last_stream_seq, "s1");
  EXPECT_EQ(told->forks, 1u);
  ASSERT_EQ(told->producers.size(), 1u);
  EXPECT_EQ(told->producers[0].id, "p");
  EXPECT_EQ(told->producers[0].epoch, 7u);
  EXPECT_EQ(told->producers[0].seq, 1u);

  const auto fork = store_->Get("fork");
  ASSERT_TRUE(fork) << fork.error().message;
  EXPECT_EQ(fork->forked_from, "a");
  EXPECT_EQ(fork->fork_offset, OffsetText(3));
  EXPECT_EQ(fork->fork_sub_offset, 1u);
  EXPECT_EQ(fork->ttl_s, 60u);
  EXPECT_EQ(fork->current_offset, OffsetText(4));
  EXPECT_EQ(Text("fork"), "onex");
  ASSERT_TRUE(store_->Remove("a"));
  EXPECT_TRUE(store_->Get("a")->soft_deleted);
}

TEST_P(StoreTest, TellsAnInstantAsItWasWritten) {
  ASSERT_TRUE(store_->Create("a", {.expires_at = "2099-01-01T00:00:00.500+01:00"}));
  EXPECT_EQ(store_->Get("a")->expires_at, "2099-01-01T00:00:00.500+01:00");
  EXPECT_EQ(store_->Get("a")->content_type, "application/octet-stream");
}

TEST_P(StoreTest, StreamsEndByThemselvesAndUsesKeepThemAlive) {
  const auto create = [&](const char* path) {
    ASSERT_TRUE(store_->Create(path, {.content_type = "text/plain", .ttl_s = 10}));
  };
  for (const char* path : {"touched", "read", "looked", "told", "written", "left"}) create(path);
  for (int i = 0; i < 3; ++i) {
    executor_.AdvanceMs(6'000);
    EXPECT_TRUE(store_->Touch("touched")) << i;
    EXPECT_TRUE(store_->Read("read")) << i;
    EXPECT_TRUE(store_->Append("written", "x")) << i;
    if (i != 0) continue;
    EXPECT_TRUE(store_->Read("looked", {.touch = false}));
    EXPECT_TRUE(store_->Get("told") && store_->Has("told") && store_->CurrentOffset("told"));
  }
  EXPECT_EQ(store_->List(), (Paths{"read", "touched", "written"}));
}

TEST_P(StoreTest, EndsStreamsThatNobodyAsksFor) {
  ASSERT_TRUE(store_->Create("a", {.ttl_s = 1}));
  executor_.AdvanceMs(1'500);
  EXPECT_EQ(store_->engine().stream_count(), 0u) << "swept, not only out of sight";
}

TEST_P(StoreTest, OnePathHasOneKey) {
  Create("/r%6foms/%c3%a4 b");
  EXPECT_TRUE(store_->Has("rooms/\xc3\xa4 b"));
  EXPECT_EQ(store_->List(), Paths{"rooms/%C3%A4%20b"});
  EXPECT_EQ(store_->Get("rooms/%C3%A4 b")->path, "rooms/%C3%A4%20b");
  EXPECT_FALSE(store_->Has("/rooms"));
}

TEST_P(StoreTest, TellsOfKeysAsItTakesThem) {
  ASSERT_TRUE(store_->Create("//zz", {.content_type = "text/plain", .initial_data = "a"}));
  ASSERT_TRUE(store_->Create("zz", {.content_type = "text/plain"}));
  ASSERT_TRUE(store_->Create("fork", {.content_type = "text/plain", .forked_from = "//zz"}));
  EXPECT_EQ(store_->Get("fork")->forked_from, "//zz");
  EXPECT_EQ(store_->List("//"), Paths{"//zz"});
  Paths paged;
  for (;;) {
    const auto page = store_->List("", paged.empty() ? "" : paged.back(), 1).value();
    if (page.empty()) break;
    paged.push_back(page.front());
  }
  EXPECT_EQ(paged, (Paths{"//zz", "fork", "zz"}));
  for (const std::string& key : paged) EXPECT_EQ(store_->Get(key)->path, key);
  for (const char* key : {"fork", "//zz"}) EXPECT_EQ(store_->Remove(key), true);
  EXPECT_EQ(store_->List(), Paths{"zz"});
}

TEST_P(StoreTest, ListsInOrderInPagesAndByPrefix) {
  Paths all;
  for (int i = 0; i < 40; ++i) all.push_back("b/" + std::to_string(i));
  all.insert(all.end(), {"a", "b", "c", "c/d"});
  for (const std::string& path : all) Create(path);
  CreateSoftDeleted("deleted");
  all.push_back("deleted/fork");
  std::ranges::sort(all);
  EXPECT_EQ(store_->List(), all);
  Paths paged;
  for (;;) {
    const auto page = store_->List("", paged.empty() ? "" : paged.back(), 7);
    ASSERT_TRUE(page);
    if (page->empty()) break;
    EXPECT_LE(page->size(), 7u);
    paged.insert(paged.end(), page->begin(), page->end());
  }
  EXPECT_EQ(paged, all);
  EXPECT_EQ(store_->List("/c"), (Paths{"c", "c/d"}));
  EXPECT_EQ(store_->List("c/"), Paths{"c/d"});
  EXPECT_EQ(store_->List("", "c"), (Paths{"c/d", "deleted/fork"}));
  EXPECT_EQ(store_->List("", "", 0), Paths{});
  EXPECT_EQ(store_->List("x"), Paths{});
}

TEST_P(StoreTest, FormatsAResponse) {
  Create("json", "application/json", R"([{"a":1},"x,"])");
  Create("text");
  for (const char* text : {"a", "b,"}) Append("text", text);
  const auto body = [&](const char* path, const std::string& offset) {
    const auto read = store_->Read(path, {.offset = offset});
    return std::string(Store::FormatResponse(read->content_type, read->messages).view());
  };
  EXPECT_EQ(body("json", "-1"), R"([{"a":1},"x,"])");
  EXPECT_EQ(body("json", "now"), "[]");
  EXPECT_EQ(body("text", "-1"), "ab,");
  EXPECT_EQ(body("text", OffsetText(1)), "b,");
  EXPECT_EQ(body("text", "now"), "");
}

TEST_P(StoreTest, IsThereAgainAfterItWasOpenedAgain) {
  const int64_t created_ms = clock_.WallMs();
  Create("a");
  const Producer producer{.id = "p", .epoch = 1, .seq = 0};
  ASSERT_TRUE(store_->Append("a", "one", {.producer = producer}));
  ASSERT_TRUE(store_->Append("a", "two"));
  Create("removed");
  ASSERT_TRUE(store_->Remove("removed"));
  ASSERT_TRUE(store_->Create("fork", {.forked_from = "a", .fork_offset = OffsetText(3)}));
  CreateSoftDeleted("deleted");
  clock_.AdvanceMs(60'000);
  Start();
  if (in_memory()) {
    EXPECT_EQ(store_->List(), Paths{});
    return;
  }
  Create("new");
  EXPECT_EQ(store_->List(), (Paths{"a", "deleted/fork", "fork", "new"}));
  const auto read = store_->Read("a");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->messages.size(), 2u) << "segments know where appends end, too";
  EXPECT_EQ(read->messages[0].data.view(), "one");
  EXPECT_EQ(read->messages[1].offset, OffsetText(6));
  EXPECT_EQ(Text("fork"), "one");
  EXPECT_EQ(store_->Append("a", "one", {.producer = producer})->kind,
            AppendResult::Kind::kDuplicate);
  EXPECT_EQ(store_->Get("a")->created_at_ms, created_ms);
  ASSERT_TRUE(store_->Clear());
  Start();
  EXPECT_EQ(store_->List(), Paths{});
}

TEST_P(StoreTest, ManyMayLiveInOneProcess) {
  const auto other = Store::InMemory();
  Create("a", "text/plain", "x");
  ASSERT_TRUE(other->Create("a", {.content_type = "text/html"}));
  EXPECT_EQ(Text("a"), "x");
  EXPECT_EQ(other->Get("a")->content_type, "text/html");
}

INSTANTIATE_TEST_SUITE_P(Everywhere, StoreTest, testing::ValuesIn(kPlaces), NameOf);

TEST(StoreOpen, SaysWhyItCannot) {
  TempFolder folder;
  const auto expect = [&](const char* name, OpenError::Code want, const char* said) {
    const auto refused = Store::Open(folder / name);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, want) << refused.error().message;
    EXPECT_NE(refused.error().message.find(said), std::string::npos) << refused.error().message;
  };
  expect("none/data", OpenError::Code::kDisk, "No such file");
  std::ofstream(folder / "file") << "x";
  expect("file", OpenError::Code::kDisk, "Not a directory");
  const auto held = Store::Open(folder / "held");
  ASSERT_TRUE(held) << held.error().message;
  expect("held", OpenError::Code::kForeign, "in use");
  std::filesystem::create_directory(folder / "foreign");
  std::ofstream(folder / "foreign/holiday.jpg") << "x";
  expect("foreign", OpenError::Code::kForeign, "holiday.jpg");
  ASSERT_TRUE(Store::Open(folder / "hurt"));
  std::filesystem::remove_all(folder / "hurt/log");
  expect("hurt", OpenError::Code::kDamage, "log is missing");

  const auto cut = Store::Open(folder / "short" + '\0' + "long");
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message, HasSubstr("NUL byte"));
  EXPECT_FALSE(std::filesystem::exists(folder / "short"));
}

TEST(StoreDeathTest, SaysThatACallbackIsMissingBeforeItChangesAnything) {
  const auto store = Store::InMemory();
  ASSERT_TRUE(store->Create("a", {.content_type = "text/plain"}));
  EXPECT_DEATH(store->AppendAsync("a", "x", {}, nullptr), "done != nullptr");
  EXPECT_DEATH(store->WaitForMessagesAsync("a", "-1", 0, nullptr), "done != nullptr");
}

TEST(StoreOpen, TellsTheLoggerWhatItFound) {
  TempFolder folder;
  LineLogger logger;
  StoreOptions options;
  options.logger = &logger;
  ASSERT_TRUE(Store::Open(folder / "data", options).value()->Create("a"));
  const auto is_new = HasSubstr("made a new data directory in " + folder / "data");
  EXPECT_THAT(logger.lines(LogLevel::kInfo), Contains(is_new));
  logger.Forget();
  std::ofstream(folder / "data/log/notes.txt") << "x";
  ASSERT_TRUE(Store::Open(folder / "data", options));
  const auto told = logger.lines(LogLevel::kInfo);
  EXPECT_THAT(told, Not(Contains(is_new))) << "it is not new any more";
  EXPECT_THAT(told, Contains(HasSubstr("checkpoint at record 1 with 1 segments, then 0 records")));
  EXPECT_THAT(logger.warnings(), Contains(HasSubstr("moved to quarantine/notes.txt")));
}

}  // namespace
}  // namespace thalweg
