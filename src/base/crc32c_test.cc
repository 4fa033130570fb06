#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace thalweg {
namespace {

std::string Counting(int from, int step) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(from + i * step);
  return bytes;
}

// The vectors of RFC 3720, B.4, and the check value of the CRC catalogues.
TEST(Crc32c, GivesTheKnownVectors) {
  struct Case {
    const char* why;
    std::string bytes;
    uint32_t want;
  };
  const Case cases[] = {
      {"nothing", "", 0},
      {"the check value", "123456789", 0xE3069283},
      {"one byte", "a", 0xC1D04330},
      {"32 zeros", std::string(32, '\0'), 0x8A9136AA},
      {"32 ones", std::string(32, '\xFF'), 0x62A8AB43},
      {"32 rising", Counting(0, 1), 0x46DD794E},
      {"32 falling", Counting(31, -1), 0x113FDB5C},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Crc32c(c.bytes), c.want) << c.why;
    EXPECT_EQ(Crc32cPortable(c.bytes), c.want) << c.why;
  }
}

TEST(Crc32c, IsTheSameInTwoPiecesCutAnywhere) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += static_cast<char>(i * 7 + 3);
  const std::string_view whole = bytes;
  for (size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(Crc32c(whole.substr(cut), Crc32c(whole.substr(0, cut))), Crc32c(whole)) << cut;
    EXPECT_EQ(Crc32cPortable(whole.substr(cut), Crc32c(whole.substr(0, cut))), Crc32c(whole))
        << cut;
  }
}

TEST(Crc32c, IsTheSameWithAndWithoutTheProcessorsHelpAtEveryLengthAndAlignment) {
  std::string bytes;
  uint32_t state = 1;
  for (int i = 0; i < 80; ++i)
    bytes += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  const std::string_view whole = bytes;
  for (size_t begin = 0; begin < 8; ++begin) {
    for (size_t size = 0; begin + size <= whole.size(); ++size) {
      const std::string_view part = whole.substr(begin, size);
      EXPECT_EQ(Crc32c(part), Crc32cPortable(part)) << begin << " " << size;
    }
  }
}

TEST(Crc32c, ChangesWithEverySingleBit) {
  std::string bytes(24, 'x');
  const uint32_t before = Crc32c(bytes);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto mask = static_cast<char>(1 << (bit % 8));
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    EXPECT_NE(Crc32c(bytes), before) << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
  }
}

}  // namespace
}  // namespace thalweg
