#include "server/port_probe.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace thalweg {
namespace {

TEST(PortProbe, SeesAListenerThatSharesItsPort) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const uint16_t port = ntohs(address.sin_port);

  EXPECT_TRUE(PortIsTaken("127.0.0.1", port));
  close(fd);
  EXPECT_FALSE(PortIsTaken("127.0.0.1", port));
}

TEST(PortProbe, LeavesWhatItCannotTellToBinding) {
  EXPECT_FALSE(PortIsTaken("127.0.0.1", 0));
  EXPECT_FALSE(PortIsTaken("no such host", 80));
}

}  // namespace
}  // namespace thalweg
