#include "storage/catalog_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/ascii.h"

namespace thalweg {
namespace {

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) AppendHex(static_cast<uint8_t>(c), hex);
  return hex;
}

CatalogEntry Entry(std::string path, std::optional<int64_t> due_ms = {}) {
  return {.id = {3}, .path = std::move(path), .create = "create", .due_ms = due_ms};
}

TEST(CatalogCodec, ARowIsItsBytesBehindAChecksum) {
  const std::string value = SealRow(CatalogTable::kPaths, "/a", "body");
  EXPECT_EQ(value.substr(4), "body");
  EXPECT_EQ(OpenRow(CatalogTable::kPaths, "/a", value), "body");
  EXPECT_EQ(OpenRow(CatalogTable::kPaths, "/a", SealRow(CatalogTable::kPaths, "/a", "")), "");
}

TEST(CatalogCodec, EveryFlippedBitAndAnotherKeyOrTableIsFound) {
  const std::string value = SealRow(CatalogTable::kPaths, "/a", "body");
  for (size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string flipped = value;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(OpenRow(CatalogTable::kPaths, "/a", flipped), std::nullopt) << bit;
  }
  EXPECT_EQ(OpenRow(CatalogTable::kPaths, "/b", value), std::nullopt);
  EXPECT_EQ(OpenRow(CatalogTable::kIds, "/a", value), std::nullopt);
  EXPECT_EQ(OpenRow(CatalogTable::kPaths, "/a", "abc"), std::nullopt);
}

TEST(CatalogCodec, AValueThatIsLongerThanAnyIsNotLookedAt) {
  constexpr CatalogTable kTable = CatalogTable::kPaths;
  const std::string longest = SealRow(kTable, "/a", std::string(kCatalogValueBytesMax - 4, 'x'));
  EXPECT_EQ(OpenRow(kTable, "/a", longest)->size(), kCatalogValueBytesMax - 4);
  const std::string_view misled(longest.data(), size_t{1} << 40);  // not its bytes
  EXPECT_EQ(OpenRow(kTable, "/a", misled), std::nullopt);
}

TEST(CatalogCodec, KeysSortAsWhatTheyStandFor) {
  EXPECT_LT(KeyOfId({255}), KeyOfId({256}));
  std::vector<std::string> keys;
  for (const int64_t at_ms : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{256}, INT64_MAX}) {
    keys.push_back(KeyOfDue({.at_ms = at_ms, .id = {1}}));
    keys.push_back(KeyOfDue({.at_ms = at_ms, .id = {2}}));
    EXPECT_EQ(DecodeDueKey(keys.back()), (ExpiryDue{.at_ms = at_ms, .id = {2}}));
  }
  EXPECT_TRUE(std::ranges::is_sorted(keys));
  EXPECT_EQ(DecodeIdKey(KeyOfId({77})), StreamId{77});
  EXPECT_EQ(DecodeIdKey("1234567"), std::nullopt);
  EXPECT_EQ(DecodeDueKey("123456789"), std::nullopt);
}

TEST(CatalogCodec, APathIsItsKeyUntilItIsTooLong) {
  const std::string longest(kPathKeyBytes, 'x');
  EXPECT_EQ(KeyOfPath(longest), longest);
  const std::string key = KeyOfPath(longest + "y");
  EXPECT_EQ(key.size(), kCatalogKeyBytesMax);
  EXPECT_EQ(key.substr(0, kPathKeyBytes), longest);
  EXPECT_NE(key, KeyOfPath(longest + "z"));
}

TEST(CatalogCodec, AnEntryComesBackAsItWas) {
  for (const CatalogEntry& entry :
       {Entry("/a"), Entry("/a", 0), Entry("/a", -7), Entry(std::string(kPathKeyBytes, 'x')),
        Entry(std::string(kPathKeyBytes + 1, 'x'), 99)}) {
    EXPECT_EQ(DecodePathBody(KeyOfPath(entry.path), EncodePathBody(entry)), entry);
  }
}

TEST(CatalogCodec, AnEntryThatNobodyWritesIsRefused) {
  const std::string body = EncodePathBody(Entry("/a"));
  const auto with = [&body](size_t at, char byte) {
    std::string changed = body;
    changed[at] = byte;
    return changed;
  };
  EXPECT_EQ(DecodePathBody("/a", body.substr(0, 23)), std::nullopt);
  EXPECT_EQ(DecodePathBody("/a", with(0, 0)), std::nullopt);   // no id
  EXPECT_EQ(DecodePathBody("/a", with(8, 1)), std::nullopt);   // a time without its flag
  EXPECT_EQ(DecodePathBody("/a", with(16, 2)), std::nullopt);  // an unknown flag
  EXPECT_EQ(DecodePathBody("/a", with(20, 1)), std::nullopt);  // a short path in the body
  EXPECT_EQ(DecodePathBody("/a", with(22, 1)), std::nullopt);  // longer than the body
  EXPECT_EQ(DecodePathBody(std::string(kCatalogKeyBytesMax, 'x'), body), std::nullopt);
}

TEST(CatalogCodec, AHeadComesBackAsItWas) {
  const CatalogHead head{
      .checkpoint = {5},
      .last_id = {6},
      .last_segment = 7,
      .segments = {
          {.number = 7, .level = 1, .file_bytes = 200, .data_bytes = 100, .dead_bytes = 50}}};
  const std::string body = EncodeHead(head);
  EXPECT_EQ(DecodeHead(body), head);
  EXPECT_EQ(DecodeHead(EncodeHead({})), CatalogHead{});
  EXPECT_EQ(DecodeHead(body.substr(1)), std::nullopt);
  EXPECT_EQ(DecodeHead(body.substr(0, 23)), std::nullopt);
  EXPECT_EQ(DecodeVersion(EncodeVersion(9)), 9u);
  EXPECT_EQ(DecodeVersion("12345"), std::nullopt);
}

TEST(CatalogCodec, AKeyIsPrintedAsTextOrAsHex) {
  EXPECT_EQ(PrintKey("/a"), "/a");
  EXPECT_EQ(PrintKey(KeyOfId({255})), "0x00000000000000ff");
  EXPECT_EQ(PrintKey(std::string(65, 'x')), std::string(64, 'x') + "…");
}

// The example of docs/formats/catalog.md.
TEST(CatalogCodec, TheDocumentedExample) {
  const CatalogEntry entry{.id = {3}, .path = "/a", .create = "\x01", .due_ms = 1'000};
  EXPECT_EQ(Hex(SealRow(CatalogTable::kPaths, "/a", EncodePathBody(entry))),
            "50abfa240300000000000000e803000000000000010000000000000001");
  EXPECT_EQ(Hex(SealRow(CatalogTable::kIds, KeyOfId({3}), "/a")), "9fe460b82f61");
  EXPECT_EQ(Hex(KeyOfDue({.at_ms = 1'000, .id = {3}})),
            "800000000000"
            "03e80000000000000003");
}

}  // namespace
}  // namespace thalweg
