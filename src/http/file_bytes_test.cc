#include "http/file_bytes.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace thalweg {
namespace {

TEST(ReadFileRange, GivesExactlyWhatItNamesOrNothing) {
  std::FILE* const file = std::tmpfile();
  ASSERT_EQ(std::fwrite("0123456789", 1, 10, file), 10u);
  ASSERT_EQ(std::fflush(file), 0);
  const auto read = [fd = fileno(file)](uint64_t begin, uint64_t length) {
    const auto bytes =
        ReadFileRange({.owner = nullptr, .fd = fd, .begin = begin, .length = length});
    return bytes ? std::string(bytes->view()) : "nothing";
  };
  EXPECT_EQ(read(0, 10), "0123456789");
  EXPECT_EQ(read(3, 4), "3456");
  EXPECT_EQ(read(3, 0), "");
  EXPECT_EQ(read(3, 8), "nothing") << "the file ends before";
  std::fclose(file);
}

}  // namespace
}  // namespace thalweg
