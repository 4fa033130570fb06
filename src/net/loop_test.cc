#include "net/loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "testing/manual_clock.h"

namespace thalweg {
namespace {

TEST(Loop, RunsPostedTasksInOrder) {
  Loop loop;
  std::string order;
  loop.Post([&] { order += "a"; });
  loop.Post([&] {
    order += "b";
    loop.Post([&] {
      order += "d";
      loop.Stop();
    });
  });
  loop.Post([&] { order += "c"; });
  loop.Run();
  EXPECT_EQ(order, "abcd");
}

// Nothing else wakes it.
TEST(Loop, RunsAtOnceWhatItsOwnThreadPostsBehindTheTasksOfATurn) {
  class PostsAtTurnEnd final : public TurnEndHandler {
   public:
    explicit PostsAtTurnEnd(Loop& loop) : loop_(loop) {}
    bool OnTurnEnd() override {
      if (!std::exchange(posted_, true)) loop_.Post([this] { loop_.Stop(); });
      return false;
    }

   private:
    Loop& loop_;
    bool posted_ = false;
  };
  Loop loop;
  loop.PostAfter(1, [&loop] { loop.Post([&loop] { loop.Stop(); }); });  // by a timer
  loop.Run();
  PostsAtTurnEnd at_turn_end(loop);
  loop.AddTurnEnd(&at_turn_end);
  loop.PostAfter(1, [] {});
  loop.Run();
}

TEST(Loop, CountsHowLongItsTurnsTake) {
  ManualClock clock;
  Loop loop(&clock);
  loop.Post([&] {
    clock.AdvanceMs(3);
    loop.Post([&] { loop.Stop(); });  // in the next turn
  });
  clock.AdvanceMs(1'000);  // nobody waited for it
  loop.Run();
  DurationCounts want;
  want.Add(3'000);
  want.Add(0);
  EXPECT_EQ(loop.turns().value().counts, want.value().counts);
  EXPECT_EQ(loop.turns().value().sum_us, 3'000u);
}

class TurnCounter final : public TurnEndHandler {
 public:
  bool OnTurnEnd() override {
    ++turns;
    return false;
  }
  int turns = 0;
};

TEST(Loop, RunsAgainAfterAStop) {
  Loop loop;
  int runs = 0;
  for (int i = 0; i < 3; ++i) {
    loop.Post([&] {
      ++runs;
      loop.Stop();
    });
    loop.Run();
    EXPECT_EQ(runs, i + 1);
  }
  TurnCounter counter;
  loop.AddTurnEnd(&counter);
  loop.PostAfter(30, [&loop] { loop.Stop(); });
  loop.Run();
  EXPECT_LT(counter.turns, 50) << "it sleeps in between";
}

// Who sends a file to a client that has gone.
TEST(Loop, ItsThreadIsNotEndedByABrokenPipe) {
  static std::atomic<int> signals;
  const auto before = std::signal(SIGPIPE, [](int) { ++signals; });
  int sockets[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
  ::close(sockets[1]);
  const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  std::thread([&] {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);  // whatever an earlier test has left
    Loop loop;
    loop.Post([&] {
      EXPECT_EQ(::sendfile(sockets[0], file, nullptr, 100), -1);
      EXPECT_EQ(errno, EPIPE);
      loop.Stop();
    });
    loop.Run();
  }).join();
  std::signal(SIGPIPE, before);
  EXPECT_EQ(signals, 0);
  ::close(file);
  ::close(sockets[0]);
}

TEST(Loop, TakesTasksFromManyThreads) {
  Loop loop;
  int count = 0;  // the loop's own
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        loop.Post([&] {
          if (++count == 4000) loop.Stop();
        });
      }
    });
  }
  loop.Run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 4000);
}

TEST(Loop, RunsDelayedTasksInTheOrderOfTheirTimesAndNeverEarly) {
  ManualClock clock;
  Loop loop(&clock);
  std::string order;
  const auto turn_after = [&](int64_t ms) {
    clock.AdvanceMs(ms);
    loop.Post([&] { loop.Stop(); });
    loop.Run();
    return order;
  };
  loop.PostAfter(40, [&] { order += "b"; });
  loop.PostAfter(15, [&] { order += "a"; });
  EXPECT_EQ(turn_after(14), "");
  EXPECT_EQ(turn_after(6), "a");
  EXPECT_EQ(turn_after(19), "a");
  EXPECT_EQ(turn_after(6), "ab");
}

TEST(Loop, WakesForWhatIsDelayed) {
  Loop loop;
  const int64_t begin_ms = loop.now_ms();
  loop.PostAfter(15, [&] {
    EXPECT_GE(loop.now_ms(), begin_ms + 15);
    loop.Stop();
  });
  loop.Run();
}

TEST(Loop, DropsWhatIsStillDelayedWhenItEnds) {
  const auto alive = std::make_shared<int>();
  {
    Loop loop;
    loop.PostAfter(60'000, [alive] {});
    EXPECT_EQ(alive.use_count(), 2);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

// The counter need not be read for that.
TEST(Loop, RunsAnEventsTaskOnceForEachTurnWithWritesUntilItIsRemoved) {
  Loop loop;
  const int event_fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  int events = 0;
  const auto alive = std::make_shared<int>();
  ASSERT_TRUE(loop.AddEvent(event_fd, [&, alive] {
    if (++events < 3) return void(::eventfd_write(event_fd, 1));
    loop.Post([&] {
      loop.RemoveEvent(event_fd);
      ::eventfd_write(event_fd, 1);
      loop.PostAfter(10, [&] { loop.Stop(); });
    });
  }));
  TurnCounter counter;
  loop.AddTurnEnd(&counter);
  ASSERT_EQ(::eventfd_write(event_fd, 2), 0);
  loop.Run();
  EXPECT_EQ(events, 3);
  EXPECT_LT(counter.turns, 20) << "it sleeps in between";
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_FALSE(loop.AddEvent(-1, [] {})) << "the system refuses";
  ::close(event_fd);
}

class FdHandler final : public IoHandler {
 public:
  FdHandler() : fd_(::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)) {}  // readable from the start
  ~FdHandler() override { ::close(fd_); }
  void OnIo(uint32_t) override { on_io(); }
  int fd() const { return fd_; }

  std::function<void()> on_io;

 private:
  int fd_;
};

TEST(Loop, DeliversNoEventToAHandlerRemovedInTheSameTurn) {
  Loop loop;
  FdHandler one;
  FdHandler two;
  int events = 0;
  // Both are ready at once; whoever comes first removes the other.
  one.on_io = [&] {
    ++events;
    loop.Remove(two.fd(), &two);
    loop.Stop();
  };
  two.on_io = [&] {
    ++events;
    loop.Remove(one.fd(), &one);
    loop.Stop();
  };
  ASSERT_TRUE(loop.Add(one.fd(), EPOLLIN, &one));
  ASSERT_TRUE(loop.Add(two.fd(), EPOLLIN, &two));
  loop.Run();
  EXPECT_EQ(events, 1);
}

TEST(Loop, RunsWhatAHandlerPostsInTheSameTurnAndWhatATaskPostsInTheNext) {
  Loop loop;
  FdHandler ready;
  std::string order;
  ready.on_io = [&] {
    loop.Post([&] {
      order += "task ";
      loop.Post([&] {
        order += "next ";
        loop.Stop();
      });
    });
    order += "io ";
  };
  class Ends final : public TurnEndHandler {
   public:
    explicit Ends(std::string& order) : order_(order) {}
    void OnIoEnd() override { order_ += "all "; }
    bool OnTurnEnd() override {
      order_ += "end ";
      return false;
    }

   private:
    std::string& order_;
  } ends(order);
  loop.AddTurnEnd(&ends);
  ASSERT_TRUE(loop.Add(ready.fd(), EPOLLIN, &ready));
  loop.Run();
  EXPECT_EQ(order, "io all task end all next end ");
}

class CountingTurnEnd final : public TurnEndHandler {
 public:
  explicit CountingTurnEnd(Loop& loop) : loop_(loop) {}
  bool OnTurnEnd() override {
    if (++count == 3) loop_.Stop();
    return true;  // without this the loop would sleep for ever
  }
  int count = 0;

 private:
  Loop& loop_;
};

TEST(Loop, TurnsAgainAtOnceWhileATurnsEndHasMoreToDo) {
  Loop loop;
  CountingTurnEnd handler(loop);
  loop.AddTurnEnd(&handler);
  loop.Post([] {});
  loop.Run();
  EXPECT_EQ(handler.count, 3);
}

}  // namespace
}  // namespace thalweg
