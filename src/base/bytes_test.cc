#include "thalweg/bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace thalweg {
namespace {

TEST(Bytes, AreEmptyWhenTheyWereMovedFrom) {
  Bytes from = Bytes::Own(std::string(100, 'x'));
  Bytes to = std::move(from);
  EXPECT_EQ(from.view(), "");
  EXPECT_EQ(from.owner(), nullptr);
  EXPECT_EQ(to.view(), std::string(100, 'x'));
  from = std::move(to);
  EXPECT_EQ(to.view(), "");
  EXPECT_EQ(from.view(), std::string(100, 'x'));
}

TEST(Bytes, KeepWhatIsMovedToThemselves) {
  Bytes bytes = Bytes::Own("abc");
  Bytes& same = bytes;
  bytes = std::move(same);
  EXPECT_EQ(bytes.view(), "abc");
}

}  // namespace
}  // namespace thalweg
