// The server under load: started from its binary, watched, stopped. Owned by one scenario.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace thalweg::load {

class ServerProcess {
 public:
  // Runs `binary serve --memory`, with `flags`, on a free port and waits until it listens; exits on
  // failure.
  ServerProcess(const std::string& binary, const std::vector<std::string>& flags);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  uint16_t port() const { return port_; }
  int64_t RssKib() const;

  // Ends it with SIGTERM. True: it left with code 0.
  bool Stop();

 private:
  pid_t pid_ = -1;
  uint16_t port_ = 0;
};

}  // namespace thalweg::load
