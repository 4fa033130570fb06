#include "api/log_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace thalweg {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(NoLogRoom, NamesTheSizeOfAFileWhereThatIsWhatIsWanting) {
  const std::string message = NoLogRoom("allocate 4096 bytes for x: No space left", 4096, 4095);
  EXPECT_THAT(message, HasSubstr("allocate 4096 bytes for x: No space left"));
  EXPECT_THAT(message, HasSubstr("takes 4096 bytes (--log-file"));
  EXPECT_THAT(message, HasSubstr("4095 are free"));
}

TEST(NoLogRoom, BlamesNoSizeWhereSomethingElseIsWanting) {
  for (const std::optional<uint64_t> free_bytes : {std::optional<uint64_t>(4096), {}}) {
    const std::string message = NoLogRoom("open x: Too many open files", 4096, free_bytes);
    EXPECT_THAT(message, HasSubstr("file descriptors"));
    EXPECT_THAT(message, Not(HasSubstr("--log-file")));
  }
}

}  // namespace
}  // namespace thalweg
