#include "net/byte_runs.h"

#include <gtest/gtest.h>

#include <string>

namespace thalweg {
namespace {

// Longer than what is looked at in one go, and not a multiple of it.
constexpr size_t kLength = 37;

// What the rules say, without the table.
bool MayBeInValue(int byte) { return byte == '\t' || (byte >= 0x20 && byte != 0x7f); }
bool MayBeInTarget(int byte) { return byte > 0x20 && byte < 0x7f && byte != '#'; }
bool MayBeInToken(int byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= 'a' && byte <= 'z') ||
         (byte != 0 && std::string_view("!#$%&'*+-.^_`|~").contains(static_cast<char>(byte)));
}

TEST(ByteRuns, EndAtTheFirstByteOfAnotherKindWhereverItStands) {
  for (int byte = 0; byte < 256; ++byte) {
    for (size_t at = 0; at < kLength; ++at) {
      std::string text(kLength, 'x');
      text[at] = static_cast<char>(byte);
      const char* const end = text.data() + text.size();
      const auto want = [&](bool belongs) { return belongs ? kLength : at; };
      EXPECT_EQ(EndOfValue(text.data(), end) - text.data(), want(MayBeInValue(byte)))
          << byte << " at " << at;
      EXPECT_EQ(EndOfTarget(text.data(), end) - text.data(), want(MayBeInTarget(byte)))
          << byte << " at " << at;
      EXPECT_EQ(LowerToken(text.data(), text.data() + kLength) - text.data(),
                want(MayBeInToken(byte)))
          << byte << " at " << at;
    }
  }
}

TEST(ByteRuns, LowerTheLettersOfATokenAndNothingBehindIt) {
  for (size_t length = 0; length <= kLength; ++length) {
    std::string text(kLength, 'A');
    if (length < kLength) text[length] = ':';
    LowerToken(text.data(), text.data() + text.size());
    std::string want(kLength, 'A');
    for (size_t i = 0; i < length; ++i) want[i] = 'a';
    if (length < kLength) want[length] = ':';
    EXPECT_EQ(text, want) << length;
  }
  std::string every = "!#$%&'*+-.^_`|~09AZ[az";
  LowerToken(every.data(), every.data() + every.size());
  EXPECT_EQ(every, "!#$%&'*+-.^_`|~09az[az");
}

}  // namespace
}  // namespace thalweg
