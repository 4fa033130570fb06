#include "base/write_soon.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <string>

#include "testing/full_pipe.h"

namespace thalweg {
namespace {

TEST(WriteSoon, WritesAllThatIsTaken) {
  const FullPipe pipe;
  const std::string text(3 * PIPE_BUF + 1, 'x');
  EXPECT_EQ(WriteSoon(pipe.in(), text, 0), text.size());
  EXPECT_EQ(pipe.ReadAll(), text);
}

TEST(WriteSoon, GivesUpWhereNobodyReads) {
  const FullPipe pipe;
  const size_t room = pipe.capacity();
  EXPECT_EQ(WriteSoon(pipe.in(), std::string(room + 1, 'x'), 1), room);
  EXPECT_EQ(WriteSoon(pipe.in(), "one more", 1), 0u);
  pipe.Read(PIPE_BUF);
  EXPECT_EQ(WriteSoon(pipe.in(), "one more", 0), 8u);
}

TEST(WriteSoon, SaysThatNothingIsThereToWriteTo) { EXPECT_EQ(WriteSoon(-1, "text", 0), 0u); }

// A terminal that has some room says so, and then waits for more.
TEST(WriteSoon, GivesUpWhereNobodyReadsATerminal) {
  const OwnedFd master(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!master.valid() || grantpt(master.get()) != 0 || unlockpt(master.get()) != 0) {
    GTEST_SKIP() << "no terminal can be made here";
  }
  const OwnedFd terminal(open(ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(terminal.valid());
  const OwnedFd unwaiting = OpenUnwaiting(terminal.get());
  ASSERT_TRUE(unwaiting.valid());
  EXPECT_EQ(fcntl(terminal.get(), F_GETFL) & O_NONBLOCK, 0) << "for others it is as it was";
  const std::string line = std::string(98, 'x') + "\n";
  size_t lines = 0;
  while (WriteSoon(unwaiting.get(), line, 0) == line.size()) ASSERT_LT(++lines, 100'000u);
  EXPECT_GT(lines, 0u);
}

TEST(OpenUnwaiting, OpensNoFile) {
  const OwnedFd file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(OpenUnwaiting(file.get()).valid());
  EXPECT_FALSE(OpenUnwaiting(-1).valid());
}

TEST(TellLastDeathTest, SaysItOnStandardError) {
  EXPECT_EXIT(
      {
        TellLast({"it ", "is over"});
        _exit(3);
      },
      testing::ExitedWithCode(3), "^thalweg: it is over\n$");
}

TEST(TellLastDeathTest, SaysTheBeginningOfWhatIsLong) {
  const std::string text(100'000, 'x');
  EXPECT_EXIT(
      {
        TellLast({text});
        _exit(3);
      },
      testing::ExitedWithCode(3), "^thalweg: x{16000}x*\n$");
}

}  // namespace
}  // namespace thalweg
