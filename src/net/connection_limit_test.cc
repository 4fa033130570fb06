#include "net/connection_limit.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace thalweg {
namespace {

using Place = ConnectionLimit::Place;

TEST(ConnectionLimit, ServesSoManyTellsSomeMoreAndThenTakesNone) {
  ConnectionLimit limit(2, 3);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(limit.Take(), Place::kServed);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.Take(), Place::kRefused);
  EXPECT_EQ(limit.Take(), Place::kNone);
}

TEST(ConnectionLimit, APlaceThatWasLeftIsFreeWhoeverIsStillBeingRefused) {
  ConnectionLimit limit(1);
  EXPECT_EQ(limit.Take(), Place::kServed);
  EXPECT_EQ(limit.Take(), Place::kRefused);
  limit.Leave(Place::kServed);
  EXPECT_EQ(limit.Take(), Place::kServed);
  EXPECT_EQ(limit.Take(), Place::kRefused);
}

TEST(ConnectionLimit, WhoIsRefusedLeavesNoPlaceToServe) {
  ConnectionLimit limit(1);
  EXPECT_EQ(limit.Take(), Place::kServed);
  EXPECT_EQ(limit.Take(), Place::kRefused);
  limit.Leave(Place::kRefused);
  limit.Leave(Place::kNone);
  EXPECT_EQ(limit.Take(), Place::kRefused);
}

TEST(ConnectionLimit, IsExactWhoeverTakesAndLeavesAtOnce) {
  constexpr size_t kThreads = 4;
  ConnectionLimit limit(kThreads);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        const Place place = limit.Take();
        EXPECT_EQ(place, Place::kServed) << "never are there more than places";
        limit.Leave(place);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t t = 0; t < kThreads; ++t) EXPECT_EQ(limit.Take(), Place::kServed);
  EXPECT_EQ(limit.Take(), Place::kRefused);
}

}  // namespace
}  // namespace thalweg
