#include "base/keyed_hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace thalweg {
namespace {

// std::hash of libstdc++ is MurmurHash64A under a key that everybody knows, each step of which can
// be undone. So for two blocks of 8 bytes each there are two others after which nothing differs.
constexpr uint64_t kMurmurKey = 0xc70f6907;
constexpr uint64_t kMurmurFactor = 0xc6a4a7935bd1e995;

uint64_t InverseOf(uint64_t odd) {
  uint64_t inverse = odd;
  for (int i = 0; i < 6; ++i) inverse *= 2 - odd * inverse;
  return inverse;
}

uint64_t Folded(uint64_t x) { return x ^ x >> 47; }  // undoes itself

uint64_t Mixed(uint64_t block) { return Folded(block * kMurmurFactor) * kMurmurFactor; }

uint64_t Unmixed(uint64_t mixed) {
  const uint64_t inverse = InverseOf(kMurmurFactor);
  return Folded(mixed * inverse) * inverse;
}

uint64_t After(uint64_t state, uint64_t block) { return (state ^ Mixed(block)) * kMurmurFactor; }

std::string BytesOf(uint64_t first, uint64_t second) {
  std::array<char, 16> bytes;
  std::memcpy(bytes.data(), &first, sizeof first);
  std::memcpy(bytes.data() + sizeof first, &second, sizeof second);
  return {bytes.data(), bytes.size()};
}

// 2^pairs texts of 16 bytes times `pairs` that std::hash takes for alike.
std::vector<std::string> Alike(size_t pairs) {
  uint64_t state = kMurmurKey ^ (pairs * 16 * kMurmurFactor);
  std::vector<std::string> texts{""};
  for (size_t pair = 0; pair < pairs; ++pair) {
    const uint64_t one = After(state, 1), other = After(state, 2);
    const std::string choices[] = {BytesOf(1, 3), BytesOf(2, Unmixed(one ^ Mixed(3) ^ other))};
    state = After(one, 3);
    std::vector<std::string> longer;
    for (const std::string& text : texts) {
      for (const std::string& choice : choices) longer.push_back(text + choice);
    }
    texts = std::move(longer);
  }
  return texts;
}

TEST(KeyedHash, TellsApartWhatAKnownHashTakesForAlike) {
  std::unordered_set<uint64_t> known, keyed;
  for (const std::string& text : Alike(10)) {
    known.insert(std::hash<std::string_view>()(text));
    keyed.insert(KeyedHash(text));
  }
  EXPECT_EQ(known.size(), 1);
  EXPECT_EQ(keyed.size(), 1024);
}

TEST(KeyedHash, IsTheSameForTheSameTextAsLongAsTheProcessLives) {
  const std::string text = "a path";
  const uint64_t hash = KeyedHash(text);
  EXPECT_EQ(KeyedHash(std::string(text)), hash);
  EXPECT_NE(KeyedHash("another"), hash);
  EXPECT_NE(KeyedHash(""), KeyedHash({"\0", 1}));
}

TEST(KeyedHash, IsAnotherInEachProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // the other one begins anew
  const std::string here = std::to_string(KeyedHash("a path"));
  const auto tell = [] {
    std::cerr << KeyedHash("a path");
    _exit(0);
  };
  EXPECT_EXIT(tell(), testing::ExitedWithCode(0), testing::Not(testing::HasSubstr(here)));
}

TEST(KeyedHash, ComesAgainUnderAKeyThatIsSet) {
  SetHashKey(7);
  const uint64_t seven = KeyedHash("a path");
  SetHashKey(8);
  EXPECT_NE(KeyedHash("a path"), seven);
  SetHashKey(7);
  EXPECT_EQ(KeyedHash("a path"), seven);
}

}  // namespace
}  // namespace thalweg
