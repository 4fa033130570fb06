#include "net/loop.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

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
  Loop loop;
  std::string order;
  const int64_t begin_ms = loop.now_ms();
  loop.PostAfter(40, [&] {
    order += "b";
    EXPECT_GE(loop.now_ms(), begin_ms + 40);
    loop.Stop();
  });
  loop.PostAfter(15, [&] { order += "a"; });
  loop.Run();
  EXPECT_EQ(order, "ab");
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
