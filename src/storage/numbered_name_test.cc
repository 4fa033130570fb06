#include "storage/numbered_name.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(NumberedName, ComesBack) {
  EXPECT_EQ(NumberedName(0x1fe, ".log"), "00000000000001fe.log");
  for (const uint64_t number : {uint64_t{0}, uint64_t{1}, uint64_t{0x1fe}, kNumberMax}) {
    EXPECT_EQ(NumberIn(NumberedName(number, ".log"), ".log"), number);
  }
}

TEST(NumberedName, IsTheOnlyOneOfItsNumber) {
  struct Case {
    const char* why;
    const char* name;
  };
  const Case cases[] = {
      {"nothing", ""},
      {"another ending", "0000000000000001.seg"},
      {"more behind the ending", "0000000000000001.log.new"},
      {"no ending", "0000000000000001"},
      {"a digit less", "000000000000001.log"},
      {"a digit more", "00000000000000001.log"},
      {"a number that is too large", "10000000000000000.log"},
      {"the last number, behind which is none", "ffffffffffffffff.log"},
      {"upper case", "000000000000000A.log"},
      {"no digit", "000000000000000g.log"},
      {"a sign", "-000000000000001.log"},
      {"a prefix", "0x00000000000001.log"},
  };
  for (const Case& c : cases) EXPECT_EQ(NumberIn(c.name, ".log"), std::nullopt) << c.why;
}

TEST(NumberedName, ACountGoesOnBehindWhatItMeetsButForWhatItNeverComesTo) {
  EXPECT_EQ(Behind(3, 7), 7u);
  EXPECT_EQ(Behind(7, 3), 7u);
  EXPECT_EQ(Behind(3, kNumberMax), 3u);
  EXPECT_EQ(Behind(3, kNumberMax / 2), kNumberMax / 2) << "as many again are left";
}

}  // namespace
}  // namespace thalweg
