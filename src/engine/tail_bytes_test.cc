#include "engine/tail_bytes.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace thalweg {
namespace {

std::string Text(const std::vector<Bytes>& parts) {
  std::string text;
  for (const Bytes& part : parts) text += part.view();
  return text;
}

TEST(TailBytes, HoldsNothingAtFirstAndItsStartIsABoundary) {
  TailBytes bytes(Offset{7});
  EXPECT_EQ(bytes.end(), Offset{7});
  EXPECT_TRUE(bytes.IsBoundary(Offset{7}));
  std::vector<Bytes> parts;
  EXPECT_EQ(bytes.Collect(Offset{7}, Offset{7}, {100}, parts).end, Offset{7});
  EXPECT_TRUE(parts.empty());
}

TEST(TailBytes, PagesEndOnBoundariesWithinTheBudgetYetHoldOneAppend) {
  TailBytes bytes(Offset{10});
  for (const char* text : {"aa", "bbb", "c"}) bytes.Append(text);
  struct Case {
    const char* why;
    uint64_t from, limit;
    size_t bytes_max;
    const char* want;
  };
  const Case cases[] = {
      {"everything fits", 10, 16, 100, "aabbbc"}, {"exactly fits", 10, 15, 5, "aabbb"},
      {"one byte short", 10, 16, 4, "aa"},        {"at least one append", 12, 16, 1, "bbb"},
      {"no budget at all", 15, 16, 0, "c"},       {"the limit holds", 10, 12, 100, "aa"},
      {"from the middle", 12, 16, 100, "bbbc"},   {"at the end", 16, 16, 100, ""},
  };
  for (const Case& c : cases) {
    std::vector<Bytes> parts;
    const Offset end = bytes.Collect(Offset{c.from}, Offset{c.limit}, {c.bytes_max}, parts).end;
    EXPECT_EQ(Text(parts), c.want) << c.why;
    EXPECT_EQ(end.value - c.from, Text(parts).size()) << c.why;
    EXPECT_LE(parts.size(), 1u) << "neighbours in one chunk are one part: " << c.why;
  }
}

TEST(TailBytes, TakesNothingMoreWhereThePageHoldsSomethingAndTheBudgetIsSpent) {
  TailBytes bytes(Offset{0});
  bytes.Append("aa");
  std::vector<Bytes> parts = {Bytes::Static("x")};
  EXPECT_EQ(bytes.Collect(Offset{0}, Offset{2}, {1}, parts).end, Offset{0});
  EXPECT_EQ(parts.size(), 1u);
}

TEST(TailBytes, GivesOfALongAppendOnlyAPartToWhoAsksForThat) {
  TailBytes bytes(Offset{10});
  for (const char* text : {"aa", "bcdefgh", "i"}) bytes.Append(text);
  struct Case {
    const char* why;
    uint64_t from;
    TailBytes::Portion portion;
    const char* want;
  };
  const Case cases[] = {
      {"what is short is whole", 10, {3, 4}, "aa"},
      {"a part of what is long", 12, {3, 4}, "bcde"},
      {"the next part", 16, {2, 2}, "fg"},
      {"no longer than a part, so whole", 16, {1, 3}, "fgh"},
      {"the rest, and what follows where both fit", 16, {4, 4}, "fghi"},
      {"only the rest where not", 16, {3, 3}, "fgh"},
      {"all of the rest where no part was asked for", 13, {1, 0}, "cdefgh"},
  };
  for (const Case& c : cases) {
    std::vector<Bytes> parts;
    const auto [end, ends_inside] = bytes.Collect(Offset{c.from}, Offset{20}, c.portion, parts);
    EXPECT_EQ(Text(parts), c.want) << c.why;
    EXPECT_EQ(end.value - c.from, Text(parts).size()) << c.why;
    EXPECT_EQ(ends_inside, !bytes.IsBoundary(end)) << c.why;
  }
}

TEST(TailBytes, ALongAppendIsAdoptedAsItsOwnChunkWithoutACopy) {
  TailBytes bytes(Offset{0});
  const std::string big(kChunkBytesMax + 1, 'x');
  bytes.Append("head");
  LongAppend copy = CopyIfLong(big);
  const char* data = copy.get();
  bytes.Append(big, std::move(copy));
  bytes.Append("tail");
  std::vector<Bytes> parts;
  bytes.Collect(Offset{0}, bytes.end(), {SIZE_MAX}, parts);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[1].data(), data);
  EXPECT_EQ(Text(parts), "head" + big + "tail");
  EXPECT_EQ(CopyIfLong("short"), nullptr);
}

TEST(TailBytes, AdoptsTheMemoryOfALongTextThatWastesNone) {
  std::string text(16u << 10, 'x');
  const char* data = text.data();
  LongAppend memory = AdoptIfLong(text);
  EXPECT_EQ(memory.get(), data);
  EXPECT_TRUE(text.empty());
  TailBytes bytes(Offset{0});
  bytes.Append({memory.get(), 16u << 10}, memory);
  bytes.Append("more");
  std::vector<Bytes> parts;
  bytes.Collect(Offset{0}, bytes.end(), {SIZE_MAX}, parts);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].data(), data);
  EXPECT_EQ(Text(parts), std::string(16u << 10, 'x') + "more");

  std::string is_short((16u << 10) - 1, 'x');
  EXPECT_EQ(AdoptIfLong(is_short), nullptr);
  EXPECT_EQ(is_short.size(), (16u << 10) - 1);
  std::string has_room(100'000, 'x');
  has_room.reserve(110'000);
  EXPECT_EQ(AdoptIfLong(has_room), nullptr);
  EXPECT_EQ(has_room.size(), 100'000u);
}

TEST(TailBytes, PublishedBytesStayWhereTheyAreWhileMoreIsAppended) {
  TailBytes bytes(Offset{0});
  bytes.Append("first");
  std::vector<Bytes> early;
  bytes.Collect(Offset{0}, Offset{5}, {100}, early);
  for (int i = 0; i < 10'000; ++i) bytes.Append("more of it");
  std::vector<Bytes> late;
  bytes.Collect(Offset{0}, Offset{5}, {100}, late);
  EXPECT_EQ(early[0].view(), "first");
  EXPECT_EQ(early[0].data(), late[0].data());
}

TEST(TailBytes, GivesEverythingItHoldsWithWhereAppendsEnd) {
  std::mt19937_64 random(2);
  TailArena arena;
  TailBytes bytes(Offset{3});
  std::string all;
  std::vector<uint64_t> boundaries = {3};
  size_t dropped = 0;  // of the boundaries
  for (int i = 0; i < 2000; ++i) {
    const std::string data(random() % 300 + 1, static_cast<char>('a' + i % 26));
    bytes.Append(data, nullptr, random() % 2 == 0 ? &arena : nullptr);
    all += data;
    boundaries.push_back(3 + all.size());
    if (random() % 50 == 0) bytes.EndChunk();
    if (random() % 10 == 0) {
      dropped += random() % (boundaries.size() - dropped);
      const Offset at{boundaries[dropped]};
      EXPECT_LE(bytes.DropTo(at).end(), at) << "nothing is given away that is still needed";
      EXPECT_EQ(bytes.start(), at);
    }
    const TailBytes copy = bytes;
    std::string text;
    std::vector<uint64_t> ends = {boundaries[dropped]};
    copy.Visit([&](const TailBytes::Piece& piece) {
      const uint64_t begin = boundaries[dropped] + text.size();
      for (const uint32_t end : piece.ends) ends.push_back(begin + end);
      text += piece.bytes;
      return true;
    });
    ASSERT_EQ(text, all.substr(boundaries[dropped] - 3));
    ASSERT_TRUE(
        std::equal(ends.begin(), ends.end(), boundaries.begin() + dropped, boundaries.end()));
  }
}

TEST(TailBytes, ChunksOfAnArenaStandSideBySideUntilItBeginsAnotherBlock) {
  TailArena arena;
  TailBytes streams[] = {TailBytes(Offset{0}), TailBytes(Offset{0}), TailBytes(Offset{0})};
  std::vector<Bytes> parts;
  for (TailBytes& bytes : streams) {
    if (&bytes == &streams[2]) arena.BeginBlock();
    bytes.Append(std::string(kChunkBytesMin, 'x'), nullptr, &arena);
    bytes.Collect(Offset{0}, bytes.end(), {100}, parts);
  }
  const auto from_first = [&](size_t i) { return std::abs(parts[i].data() - parts[0].data()); };
  EXPECT_LE(from_first(1), static_cast<ptrdiff_t>(2 * kChunkBytesMin));
  EXPECT_GE(from_first(2), static_cast<ptrdiff_t>(TailArena::kBlockBytes));
}

TEST(TailBytes, AnEndedChunkTakesNoMore) {
  TailBytes bytes(Offset{0});
  std::vector<Bytes> parts;
  for (const char* text : {"a", "b"}) bytes.Append(text);
  bytes.EndChunk();
  bytes.Append("c");
  bytes.Collect(Offset{0}, bytes.end(), {100}, parts);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].view(), "ab");
  EXPECT_EQ(parts[1].view(), "c");
}

TEST(TailBytes, ACopyKeepsWhatTheOriginalForgetsAndSeesNothingNew) {
  TailBytes bytes(Offset{0});
  bytes.Append("one");
  const TailBytes copy = bytes;
  bytes.Append("two");
  static_cast<void>(bytes.DropTo(bytes.end()));
  std::vector<Bytes> parts;
  EXPECT_EQ(copy.Collect(Offset{0}, copy.end(), {100}, parts).end, Offset{3});
  EXPECT_EQ(Text(parts), "one");
}

TEST(TailBytes, AgreesWithAPlainStringOverRandomAppendsAndReads) {
  std::mt19937_64 random(1);
  TailBytes bytes(Offset{100});
  std::string all;
  std::vector<uint64_t> boundaries = {100};
  for (int i = 0; i < 3000; ++i) {
    const size_t size =
        random() % 50 == 0 ? random() % (3 * kChunkBytesMax) + 1 : random() % 90 + 1;
    const std::string data(size, static_cast<char>('a' + i % 26));
    bytes.Append(data, random() % 2 == 0 ? CopyIfLong(data) : nullptr);
    all += data;
    boundaries.push_back(100 + all.size());
    const size_t first = random() % boundaries.size();
    const size_t last = first + random() % (boundaries.size() - first);
    std::vector<Bytes> parts;
    const size_t bytes_max = random() % (2 * kChunkBytesMax);
    const Offset end =
        bytes.Collect(Offset{boundaries[first]}, Offset{boundaries[last]}, {bytes_max}, parts).end;
    EXPECT_TRUE(bytes.IsBoundary(end));
    EXPECT_EQ(Text(parts), all.substr(boundaries[first] - 100, end.value - boundaries[first]));
    EXPECT_EQ(first == last, parts.empty());
    const uint64_t probe = 100 + random() % (all.size() + 1);
    EXPECT_EQ(bytes.IsBoundary(Offset{probe}),
              std::binary_search(boundaries.begin(), boundaries.end(), probe));
  }
}

}  // namespace
}  // namespace thalweg
