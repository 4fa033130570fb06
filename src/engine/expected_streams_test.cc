#include "engine/expected_streams.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "engine/publisher.h"
#include "testing/delayed_log.h"
#include "testing/door.h"
#include "testing/manual_clock.h"

namespace thalweg {
namespace {

TEST(ExpectedStreams, WaitForNoPartitionAndLeaveAllFree) {
  ManualClock clock;
  DelayedLog log;
  Publisher publisher(log);
  StreamTable table(clock, log, publisher, 4);
  std::vector<std::string> paths;
  for (uint64_t i = 1; i <= 1'000; ++i) {
    CreateRecord record;
    record.id = StreamId{i};
    record.path = paths.emplace_back("/" + std::to_string(i));
    record.content_type = kBytesType;
    record.at = table.Now();
    table.Add(record, log.Stage(record), nullptr, nullptr);
  }
  std::vector<std::string_view> expected(paths.begin(), paths.end());
  expected.insert(expected.end(), {"/7", "/7", "/none", ""});
  std::unique_lock busy(table.partitions()[1]->mutex);
  const auto done = std::async(std::launch::async, [&] { ExpectStreams(table, expected); });
  EXPECT_EQ(done.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  busy.unlock();
  done.wait();
  for (const auto& partition : table.partitions()) {
    EXPECT_TRUE(partition->mutex.try_lock());
    partition->mutex.unlock();
  }
}

}  // namespace
}  // namespace thalweg
