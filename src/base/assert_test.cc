#include "base/assert.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace thalweg {
namespace {

TEST(Assert, AFalseConditionEndsTheProcessWithItsTextAndPlace) {
  EXPECT_DEATH(THALWEG_ASSERT(1 + 1 == 3), "bug: assertion failed: 1 \\+ 1 == 3 .*assert_test.cc");
}

TEST(Assert, ATrueConditionIsEvaluatedOnceAndGoesOn) {
  int evaluated = 0;
  THALWEG_ASSERT(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

// 1: it is not allowed here.
int CodeOfProcessOneThatAborts() {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWPID) != 0) _exit(1);
    const pid_t first = fork();
    if (first == 0) Abort();
    int status = 0;
    waitpid(first, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST(Assert, ProcessOneEndsAsAnyOtherThatAborts) {
  EXPECT_EXIT(Abort(), testing::KilledBySignal(SIGABRT), "");
  const int code = CodeOfProcessOneThatAborts();
  if (code == 1) GTEST_SKIP() << "no container can be made here";
  EXPECT_EQ(code, 128 + SIGABRT);
}

}  // namespace
}  // namespace thalweg
