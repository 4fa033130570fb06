#include "server/fault_signals.h"

#include <unistd.h>

#include <csignal>

namespace thalweg {
namespace {

// Of the process, as its signals are.
std::string last_words;
std::optional<int> last_exit_code;

// Calls nothing but what may be called in a handler of signals.
void OnFaultSignal(int signal_number, siginfo_t* info, void*) {
  [[maybe_unused]] const ssize_t said = write(STDERR_FILENO, last_words.data(), last_words.size());
  if (last_exit_code) _exit(*last_exit_code);
  signal(signal_number, SIG_DFL);
  const bool comes_again = info->si_code > 0;  // with the instruction that made it
  if (!comes_again) raise(signal_number);
}

}  // namespace

void SayOnFaultSignals(const std::string& message, std::optional<int> exit_code) {
  last_words = message + "\n";
  last_exit_code = exit_code;
  struct sigaction action{};
  action.sa_sigaction = OnFaultSignal;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  for (const int fault : {SIGSEGV, SIGBUS}) {
    struct sigaction before{};
    sigaction(fault, nullptr, &before);
    const bool is_free = (before.sa_flags & SA_SIGINFO) == 0 && before.sa_handler == SIG_DFL;
    if (is_free) sigaction(fault, &action, nullptr);
  }
}

}  // namespace thalweg
