#include "base/thread_name.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <thread>

namespace thalweg {
namespace {

TEST(ThreadName, IsThatOfTheCallingThreadAlone) {
  char own[16] = {}, other[16] = {};
  std::thread([&] {
    NameThisThread("fifteen letters");
    pthread_getname_np(pthread_self(), other, sizeof(other));
  }).join();
  pthread_getname_np(pthread_self(), own, sizeof(own));
  EXPECT_STREQ(other, "fifteen letters");
  EXPECT_STRNE(own, "fifteen letters");
}

TEST(ThreadNameDeathTest, IsNotCut) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(NameThisThread("sixteen letters."), "kThreadNameMax");
}

}  // namespace
}  // namespace thalweg
