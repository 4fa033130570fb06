#include "server/fault_signals.h"

#include <unistd.h>

#include <csignal>

namespace thalweg {
namespace {

// Of the process, as its signals are.
std::string last_words;
std::optional<int> last_exit_code;

// Calls nothing but what may be called in a handler of signals.
void OnFaultSignal(int signal_number) {
  [[maybe_unused]] const ssize_t said = write(STDERR_FILENO, last_words.data(), last_words.size());
  if (last_exit_code) _exit(*last_exit_code);
  raise(signal_number);  // nobody handles it any more
}

}  // namespace

void SayOnFaultSignals(const std::string& message, std::optional<int> exit_code) {
  last_words = message + "\n";
  last_exit_code = exit_code;
  struct sigaction action{};
  action.sa_handler = OnFaultSignal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (const int fault : {SIGSEGV, SIGBUS}) sigaction(fault, &action, nullptr);
}

}  // namespace thalweg
