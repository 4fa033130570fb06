#include "net/listen_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace thalweg {
namespace {

using ::testing::HasSubstr;

TEST(ListenSocket, SharesItsPortOnlyWhereAsked) {
  for (const char* const host : {"127.0.0.1", "::1"}) {
    const auto first = ListenSocket::Bind(host, 0);
    ASSERT_TRUE(first.has_value()) << first.error().message;
    const auto second = first->Share();
    ASSERT_TRUE(second.has_value()) << second.error().message;
    EXPECT_EQ(second->port(), first->port());
    const auto stranger = ListenSocket::Bind(host, first->port());
    ASSERT_FALSE(stranger.has_value());
    EXPECT_TRUE(stranger.error().port_in_use);
  }
}

TEST(ListenSocket, DoesNotShareAPortWithAnotherProcess) {
  int port_pipe[2];
  int end_pipe[2];
  ASSERT_EQ(::pipe(port_pipe), 0);
  ASSERT_EQ(::pipe(end_pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(end_pipe[1]);
    const auto socket = ListenSocket::Bind("127.0.0.1", 0);
    const uint16_t port = socket ? socket->port() : 0;
    char byte = 0;
    [[maybe_unused]] ssize_t done = ::write(port_pipe[1], &port, sizeof port);
    done = ::read(end_pipe[0], &byte, 1);  // until the parent closes its end
    ::_exit(0);
  }
  ::close(end_pipe[0]);
  uint16_t port = 0;
  ASSERT_EQ(::read(port_pipe[0], &port, sizeof port), static_cast<ssize_t>(sizeof port));
  const auto taken = ListenSocket::Bind("127.0.0.1", port);
  ASSERT_FALSE(taken.has_value());
  EXPECT_TRUE(taken.error().port_in_use);
  EXPECT_EQ(taken.error().message,
            "cannot listen on 127.0.0.1 port " + std::to_string(port) + ": Address already in use");
  ::close(end_pipe[1]);
  ::waitpid(child, nullptr, 0);
  ::close(port_pipe[0]);
  ::close(port_pipe[1]);
}

TEST(ListenSocket, KnowsAddressesAndLocalhost) {
  EXPECT_TRUE(ListenSocket::Bind("localhost", 0).has_value());
  const auto wrong = ListenSocket::Bind("no.such.host", 0);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_FALSE(wrong.error().port_in_use);
  EXPECT_THAT(wrong.error().message, HasSubstr("\"no.such.host\""));
}

}  // namespace
}  // namespace thalweg
