#include "server/fault_signals.h"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace thalweg {
namespace {

TEST(FaultSignals, EndAsIsAskedForWithTheLastWords) {
  const auto end = [](int signal_number) {
    SayOnFaultSignals("overruled", std::nullopt);
    SayOnFaultSignals("damaged; restore it", 4);
    raise(signal_number);
  };
  for (const int fault : {SIGSEGV, SIGBUS}) {
    EXPECT_EXIT(end(fault), testing::ExitedWithCode(4), "^damaged; restore it\n$");
  }
}

TEST(FaultSignals, EndByTheSignalWhereNothingElseIsAskedFor) {
  const auto end = [] {
    SayOnFaultSignals("start it again", std::nullopt);
    std::thread([] { raise(SIGSEGV); }).join();
  };
  EXPECT_EXIT(end(), testing::KilledBySignal(SIGSEGV), "^start it again\n$");
}

}  // namespace
}  // namespace thalweg
