#include "server/port_probe.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace thalweg {
namespace {

// Binds without SO_REUSEPORT, which fails beside any listener. SO_REUSEADDR keeps the remains of
// closed connections out of it.
bool IsTaken(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool taken = bind(fd, address.ai_addr, address.ai_addrlen) != 0 && errno == EADDRINUSE;
  close(fd);
  return taken;
}

}  // namespace

bool PortIsTaken(const std::string& host, uint16_t port) {
  if (port == 0) return false;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return false;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  return IsTaken(*found);
}

}  // namespace thalweg
