#include "server/fault_signals.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace thalweg {
namespace {

// As a process begins, whatever sanitizer the tests run under.
void ForgetHandlers() {
  for (const int fault : {SIGSEGV, SIGBUS}) signal(fault, SIG_DFL);
}

TEST(FaultSignals, EndAsIsAskedForWithTheLastWords) {
  const auto end = [](int signal_number) {
    ForgetHandlers();
    SayOnFaultSignals("damaged; restore it", 4);
    raise(signal_number);
  };
  for (const int fault : {SIGSEGV, SIGBUS}) {
    EXPECT_EXIT(end(fault), testing::ExitedWithCode(4), "^damaged; restore it\n$");
  }
}

TEST(FaultSignals, EndByTheSignalWhereNothingElseIsAskedFor) {
  const auto end = [](const auto& fault) {
    ForgetHandlers();
    SayOnFaultSignals("start it again", std::nullopt);
    std::thread(fault).join();
  };
  const auto is_sent = [] { raise(SIGSEGV); };
  EXPECT_EXIT(end(is_sent), testing::KilledBySignal(SIGSEGV), "^start it again\n$");
  const auto is_met = [] {
    void* const nobodys = mmap(nullptr, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *static_cast<volatile char*>(nobodys) = 'x';
  };
  EXPECT_EXIT(end(is_met), testing::KilledBySignal(SIGSEGV), "^start it again\n$");
}

TEST(FaultSignals, LeaveAHandlerThatIsThereInItsPlace) {
  const auto end = [] {
    signal(SIGSEGV, [](int) { _exit(7); });
    SayOnFaultSignals("not said", 4);
    raise(SIGSEGV);
  };
  EXPECT_EXIT(end(), testing::ExitedWithCode(7), "^$");
}

}  // namespace
}  // namespace thalweg
