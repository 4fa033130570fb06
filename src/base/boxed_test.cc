#include "base/boxed.h"

#include <gtest/gtest.h>

#include <string>

namespace thalweg {
namespace {

TEST(Boxed, HasAValueOnceItWasGiven) {
  Boxed<std::string> box;
  EXPECT_FALSE(box.has_value());
  EXPECT_EQ(box, Boxed<std::string>());
  box = "text";
  EXPECT_EQ(box, std::string("text"));
  EXPECT_EQ(box->size(), 4u);
  EXPECT_FALSE(box == Boxed<std::string>());
}

TEST(Boxed, ACopyIsAnotherValue) {
  Boxed<std::string> a;
  a = "text";
  const Boxed<std::string> b = a;
  a.Made() += "s";
  EXPECT_EQ(*a, "texts");
  EXPECT_EQ(*b, "text");
  a = b;
  EXPECT_EQ(a, b);
}

TEST(Boxed, MadeMakesOneOnce) {
  Boxed<std::string> box;
  EXPECT_EQ(box.Made(), "");
  box.Made() = "text";
  EXPECT_EQ(box.Made(), "text");
}

}  // namespace
}  // namespace thalweg
