#include "server/units.h"

#include <gtest/gtest.h>

#include <optional>

namespace thalweg {
namespace {

TEST(Units, ReadsDurationsAsPeopleWriteThem) {
  struct Case {
    const char* text;
    std::optional<int64_t> want_ms;
  };
  const Case cases[] = {
      {"500ms", 500},
      {"30s", 30'000},
      {"2m", 120'000},
      {"1h", 3'600'000},
      {"1d", 86'400'000},
      {"0", 0},
      {"0s", 0},
      {"30S", 30'000},
      {"365d", kDurationMsMax},
      {"366d", std::nullopt},
      {"30", std::nullopt},
      {"", std::nullopt},
      {"s", std::nullopt},
      {"-1s", std::nullopt},
      {"+1s", std::nullopt},
      {"1.5s", std::nullopt},
      {" 1s", std::nullopt},
      {"1s ", std::nullopt},
      {"1 s", std::nullopt},
      {"1sec", std::nullopt},
      {"99999999999999999999s", std::nullopt},
      {"18446744073709551615h", std::nullopt},
  };
  for (const Case& c : cases) {
    const auto got = ParseDurationMs(c.text);
    EXPECT_EQ(got.has_value(), c.want_ms.has_value()) << c.text;
    EXPECT_EQ(got.value_or(-1), c.want_ms.value_or(-1)) << c.text;
  }
}

TEST(Units, ReadsSizesAsPeopleWriteThem) {
  struct Case {
    const char* text;
    std::optional<uint64_t> want_bytes;
  };
  const Case cases[] = {
      {"1024", 1024},
      {"0", 0},
      {"64KB", 64'000},
      {"64kb", 64'000},
      {"4MiB", 4u << 20},
      {"4m", 4u << 20},
      {"1k", 1024},
      {"1KiB", 1024},
      {"1GB", 1'000'000'000},
      {"1024GiB", kSizeBytesMax},
      {"1025GiB", std::nullopt},
      {"", std::nullopt},
      {"MiB", std::nullopt},
      {"-1", std::nullopt},
      {"1.5MiB", std::nullopt},
      {"1 MiB", std::nullopt},
      {"1TiB", std::nullopt},
      {"0x10", std::nullopt},
      {"99999999999999999999", std::nullopt},
  };
  for (const Case& c : cases) {
    const auto got = ParseSizeBytes(c.text);
    EXPECT_EQ(got.has_value(), c.want_bytes.has_value()) << c.text;
    EXPECT_EQ(got.value_or(7), c.want_bytes.value_or(7)) << c.text;
  }
}

TEST(Units, SaysWhatItExpected) {
  EXPECT_EQ(ParseDurationMs("soon").error(),
            "'soon' is not a duration; write 500ms, 30s, 2m or 1h");
  EXPECT_EQ(ParseSizeBytes("big").error(), "'big' is not a size; write 1024, 64KB, 4MiB or 1GiB");
  EXPECT_EQ(ParseSizeBytes("2000GiB").error(), "'2000GiB' is more than 1 TiB");
}

}  // namespace
}  // namespace thalweg
