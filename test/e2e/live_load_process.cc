#include "live_load_process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace thalweg::load {
namespace {

std::string ReadLine(int fd) {
  std::string line;
  char c;
  while (read(fd, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

[[noreturn]] void RunServer(const std::string& binary, const std::vector<std::string>& flags,
                            int out) {
  dup2(out, STDOUT_FILENO);
  close(out);
  std::vector<std::string> words = {binary, "serve",       "--memory", "--port",
                                    "0",    "--log-level", "warn"};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(binary.c_str(), argv.data());
  std::perror(binary.c_str());
  _exit(127);
}

}  // namespace

ServerProcess::ServerProcess(const std::string& binary, const std::vector<std::string>& flags) {
  int ends[2];
  if (pipe(ends) != 0) std::exit(2);
  pid_ = fork();
  if (pid_ == 0) {
    close(ends[0]);
    RunServer(binary, flags, ends[1]);
  }
  close(ends[1]);
  const std::string line = ReadLine(ends[0]);
  close(ends[0]);
  const size_t colon = line.rfind(':');
  if (!line.starts_with("listening on http://") || colon == std::string::npos) {
    std::fprintf(stderr, "%s did not say that it listens, but: %s\n", binary.c_str(), line.c_str());
    std::exit(2);
  }
  port_ = static_cast<uint16_t>(std::stoi(line.substr(colon + 1)));
}

ServerProcess::~ServerProcess() { Stop(); }

int64_t ServerProcess::RssKib() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
  }
  return -1;
}

bool ServerProcess::Stop() {
  if (pid_ < 0) return false;
  kill(pid_, SIGTERM);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace thalweg::load
