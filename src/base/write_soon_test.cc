#include "base/write_soon.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <climits>
#include <string>

#include "base/owned_fd.h"

namespace thalweg {
namespace {

struct Pipe {
  Pipe() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe(ends), 0);
    out = OwnedFd(ends[0]);
    in = OwnedFd(ends[1]);
  }

  size_t Capacity() const { return static_cast<size_t>(fcntl(in.get(), F_GETPIPE_SZ)); }

  std::string Read(size_t bytes) const {
    std::string text(bytes, '\0');
    text.resize(static_cast<size_t>(read(out.get(), text.data(), bytes)));
    return text;
  }

  OwnedFd out, in;
};

TEST(WriteSoon, WritesAllThatIsTaken) {
  const Pipe pipe;
  const std::string text(3 * PIPE_BUF + 1, 'x');
  EXPECT_TRUE(WriteSoon(pipe.in.get(), text, 0));
  EXPECT_EQ(pipe.Read(4 * PIPE_BUF), text);
}

TEST(WriteSoon, GivesUpWhereNobodyReads) {
  const Pipe pipe;
  EXPECT_TRUE(WriteSoon(pipe.in.get(), std::string(pipe.Capacity(), 'x'), 0));
  EXPECT_FALSE(WriteSoon(pipe.in.get(), "one more", 1));
  pipe.Read(PIPE_BUF);
  EXPECT_TRUE(WriteSoon(pipe.in.get(), "one more", 0));
}

TEST(WriteSoon, SaysThatNothingIsThereToWriteTo) { EXPECT_FALSE(WriteSoon(-1, "text", 0)); }

TEST(TellLastDeathTest, SaysItOnStandardError) {
  EXPECT_EXIT(
      {
        TellLast("it is over");
        _exit(3);
      },
      testing::ExitedWithCode(3), "^thalweg: it is over\n$");
}

}  // namespace
}  // namespace thalweg
