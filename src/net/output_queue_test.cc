#include "net/output_queue.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

namespace thalweg {
namespace {

class OutputQueueTest : public ::testing::Test {
 protected:
  OutputQueueTest() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets_), 0);
    char name[] = "/tmp/thalweg-output-test-XXXXXX";
    file_ = ::mkstemp(name);
    ::unlink(name);
  }
  ~OutputQueueTest() override {
    ::close(sockets_[0]);
    ::close(sockets_[1]);
    ::close(file_);
  }

  std::string ReadSome() {
    char buffer[5000];
    const ssize_t got = ::recv(sockets_[1], buffer, sizeof buffer, 0);
    return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : "";
  }

  int sockets_[2];
  int file_;
};

TEST_F(OutputQueueTest, GivesTheTurnToOthersAfterSoManyBytesOfMemoryOrFiles) {
  const int buffer_bytes = 4 * kFlushBytesMax;
  ASSERT_EQ(::setsockopt(sockets_[0], SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes),
            0);
  const size_t half = kFlushBytesMax / 2;
  const std::string content(half, 'f');
  ASSERT_EQ(::write(file_, content.data(), half), static_cast<ssize_t>(half));
  OutputQueue queue;
  queue.Append(Bytes::Own(std::string(half, 'm')));
  queue.Append(FileRange{nullptr, file_, 0, half});
  queue.Append(Bytes::Own(std::string(kFlushBytesMax + 1, 'n')));
  for (const size_t turn : {1, 2}) {
    EXPECT_EQ(queue.Flush(sockets_[0]), OutputQueue::Progress::kTurn);
    EXPECT_EQ(queue.sent_bytes(), turn * kFlushBytesMax);
    while (!ReadSome().empty()) continue;
  }
  EXPECT_EQ(queue.Flush(sockets_[0]), OutputQueue::Progress::kSent);
  EXPECT_EQ(ReadSome(), "n");
}

TEST_F(OutputQueueTest, SendsEverythingInOrderThroughASmallSocket) {
  std::string content;
  for (int i = 0; i < 50'000; ++i) content += std::to_string(i);
  ASSERT_EQ(::write(file_, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  std::mt19937 random(7);
  OutputQueue queue;
  std::string want;
  for (int i = 0; i < 500; ++i) {
    const std::string piece(random() % 3000, static_cast<char>('a' + i % 26));
    const size_t begin = random() % 1000;
    switch (random() % 4) {
      case 0:
        queue.Text() += piece;
        want += piece;
        break;
      case 1:
        queue.Append(Bytes::Own(piece));
        want += piece;
        break;
      case 2:
        queue.Append(FileRange{nullptr, file_, begin, piece.size()});
        want += content.substr(begin, piece.size());
        break;
      case 3: {
        OutputQueue other;
        other.Text() += "[";
        other.Append(Bytes::Own(piece));
        other.Text() += "]";
        queue.Splice(other);
        EXPECT_TRUE(other.empty());
        want += "[" + piece + "]";
      }
    }
  }
  std::string got;
  for (;;) {
    const OutputQueue::Progress progress = queue.Flush(sockets_[0]);
    ASSERT_NE(progress, OutputQueue::Progress::kFailed);
    if (progress == OutputQueue::Progress::kSent) break;
    EXPECT_GT(queue.cost(), 0u);
    got += ReadSome();
  }
  for (std::string some = ReadSome(); !some.empty(); some = ReadSome()) got += some;
  EXPECT_EQ(got, want);
  EXPECT_EQ(queue.cost(), 0u);
  EXPECT_EQ(queue.sent_bytes(), want.size());
  EXPECT_LT(queue.held_bytes(), 2048u);
}

TEST_F(OutputQueueTest, KnowsWhetherItHoldsAFile) {
  ASSERT_EQ(::write(file_, "content", 7), 7);
  OutputQueue queue, other;
  queue.Text() += "x";
  EXPECT_FALSE(queue.holds_file());
  other.Append(FileRange{nullptr, file_, 0, 7});
  queue.Splice(other);
  EXPECT_TRUE(queue.holds_file());
  EXPECT_FALSE(other.holds_file());
  EXPECT_EQ(queue.Flush(sockets_[0]), OutputQueue::Progress::kSent);
  EXPECT_FALSE(queue.holds_file());
  queue.Append(FileRange{nullptr, file_, 0, 7});
  EXPECT_TRUE(queue.holds_file());
  queue.Clear();
  EXPECT_FALSE(queue.holds_file());
}

TEST_F(OutputQueueTest, TellsAFileThatIsShorterThanPromisedFromABrokenConnection) {
  OutputQueue queue;
  queue.Append(FileRange{nullptr, file_, 0, 10});
  EXPECT_EQ(queue.Flush(sockets_[0]), OutputQueue::Progress::kUnreadable);
}

TEST_F(OutputQueueTest, FailsWhereTheOtherSideIsGone) {
  ::shutdown(sockets_[1], SHUT_RD);
  ::shutdown(sockets_[0], SHUT_WR);
  OutputQueue queue;
  queue.Text() += "x";
  EXPECT_EQ(queue.Flush(sockets_[0]), OutputQueue::Progress::kFailed);
}

TEST_F(OutputQueueTest, LetsGoOfWhatItHasSent) {
  auto owner = std::make_shared<const std::string>(1000, 'x');
  OutputQueue queue;
  queue.Append(Bytes(owner, *owner));
  EXPECT_EQ(owner.use_count(), 2);
  EXPECT_GE(queue.cost(), 1000u);
  EXPECT_EQ(queue.Flush(sockets_[0]), OutputQueue::Progress::kSent);
  EXPECT_EQ(owner.use_count(), 1);
}

}  // namespace
}  // namespace thalweg
