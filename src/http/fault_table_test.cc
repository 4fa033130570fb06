#include "http/fault_table.h"

#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

namespace thalweg {
namespace {

constexpr std::string_view kPath = "/v1/stream/a";

Fault Status(int status) {
  Fault fault;
  fault.status = status;
  return fault;
}

TEST(CheckFault, KnowsWhatNoRequestCouldMeet) {
  static constexpr int64_t kDayMs = 86'400'000;
  struct Case {
    const char* why;
    std::string_view path;
    void (*change)(Fault& fault);  // of one with status 503
    std::string_view want;         // what the objection speaks of; empty: all is well
  };
  const Case cases[] = {
      {"plain", kPath, [](Fault&) {}, ""},
      {"no path", "", [](Fault&) {}, "path"},
      {"not from the root", "v1/stream/a", [](Fault&) {}, "path"},
      {"an address", "http://h/v1/stream/a", [](Fault&) {}, "path"},
      {"a query", "/v1/stream/a?offset=-1", [](Fault&) {}, "path"},
      {"no kind", kPath, [](Fault& f) { f.status = 0; }, "needs"},
      {"how alone is no kind", kPath, [](Fault& f) { f = {.jitter_ms = 5}; }, "needs"},
      {"a delay of 0 is a kind", kPath, [](Fault& f) { f = {.delay_ms = 0}; }, ""},
      {"a drop", kPath, [](Fault& f) { f = {.drop_connection = true}; }, ""},
      {"nothing left", kPath, [](Fault& f) { f = {.truncate_body_bytes = 0}; }, ""},
      {"corruption", kPath, [](Fault& f) { f = {.corrupt_body = true}; }, ""},
      {"an event", kPath, [](Fault& f) { f = {.sse_event = Fault::SseEvent{}}; }, ""},
      {"informational", kPath, [](Fault& f) { f.status = 199; }, "status"},
      {"least", kPath, [](Fault& f) { f.status = 200; }, ""},
      {"greatest", kPath, [](Fault& f) { f.status = 599; }, ""},
      {"no status at all", kPath, [](Fault& f) { f.status = 600; }, "status"},
      {"negative", kPath, [](Fault& f) { f.status = -1; }, "status"},
      {"back in time", kPath, [](Fault& f) { f.delay_ms = -1; }, "Delay"},
      {"a day", kPath, [](Fault& f) { f.delay_ms = kDayMs; }, ""},
      {"more than a day", kPath, [](Fault& f) { f.delay_ms = kDayMs + 1; }, "Delay"},
      {"negative jitter", kPath, [](Fault& f) { f.jitter_ms = -1; }, "jitter"},
      {"never", kPath, [](Fault& f) { f.probability = 0; }, ""},
      {"less than never", kPath, [](Fault& f) { f.probability = -0.1; }, "probability"},
      {"more than always", kPath, [](Fault& f) { f.probability = 1.1; }, "probability"},
      {"not a number", kPath,
       [](Fault& f) { f.probability = std::numeric_limits<double>::quiet_NaN(); }, "probability"},
      {"any case", kPath, [](Fault& f) { f.method = "pOsT"; }, ""},
      {"never met", kPath, [](Fault& f) { f.method = "OPTIONS"; }, "method"},
  };
  for (const Case& c : cases) {
    Fault fault = Status(503);
    c.change(fault);
    const auto objection = CheckFault(c.path, fault);
    EXPECT_EQ(objection.has_value(), !c.want.empty()) << c.why;
    EXPECT_NE(objection.value_or("").find(c.want), std::string::npos) << c.why << *objection;
  }
}

TEST(FaultTable, IsMetByItsPathAndMethod) {
  struct Case {
    const char* why;
    const char* method;
    std::string_view path;
    Method asked;
    bool met;
  };
  const Case cases[] = {
      {"any method", "", kPath, Method::kDelete, true},
      {"its method", "get", kPath, Method::kGet, true},
      {"another method", "GET", kPath, Method::kHead, false},
      {"another path", "", "/v1/stream/b", Method::kGet, false},
      {"a longer path", "", "/v1/stream/a/b", Method::kGet, false},
      {"a shorter path", "", "/v1/stream/", Method::kGet, false},
      {"another spelling", "", "/v1/stream/%61", Method::kGet, false},
  };
  for (const Case& c : cases) {
    FaultTable table(1);
    Fault fault = Status(503);
    fault.method = c.method;
    table.Set(kPath, fault);
    EXPECT_EQ(table.Meet(c.path, c.asked).has_value(), c.met) << c.why;
  }
}

TEST(FaultTable, IsMetAsOftenAsItCounts) {
  struct Case {
    const char* why;
    uint64_t count;
    int met;
  };
  for (const Case& c : {Case{"once", 1, 1}, {"three times", 3, 3}, {"0 is once, too", 0, 1}}) {
    FaultTable table(1);
    Fault fault = Status(503);
    fault.count = c.count;
    fault.method = "GET";
    table.Set(kPath, fault);
    EXPECT_FALSE(table.Meet(kPath, Method::kPut)) << "who does not meet it does not count";
    int met = 0;
    while (table.Meet(kPath, Method::kGet)) ++met;
    EXPECT_EQ(met, c.met) << c.why;
  }
}

TEST(FaultTable, HoldsOneFaultAPath) {
  FaultTable table(1);
  table.Set(kPath, Status(500));
  table.Set(kPath, Status(503));
  table.Set("/b", Status(404));
  EXPECT_EQ(table.Meet(kPath, Method::kGet)->fault.status, 503) << "the last one stands";
  EXPECT_FALSE(table.Meet(kPath, Method::kGet));
  EXPECT_EQ(table.Meet("/b", Method::kGet)->fault.status, 404);
  table.Set(kPath, Status(500));
  table.Clear();
  EXPECT_FALSE(table.Meet(kPath, Method::kGet));
}

TEST(FaultTable, LetsChancePassWithoutCounting) {
  FaultTable table(7);
  Fault fault = Status(503);
  fault.probability = 0.25;
  fault.count = 1000;
  table.Set(kPath, fault);
  int asked = 0;
  int met = 0;
  for (; met < 1000; ++asked) met += table.Meet(kPath, Method::kGet).has_value();
  EXPECT_GT(asked, 3500) << "a quarter meets it";
  EXPECT_LT(asked, 4500);
  EXPECT_FALSE(table.Meet(kPath, Method::kGet)) << "1000 have met it";

  fault.probability = 0;
  table.Set(kPath, fault);
  for (int i = 0; i < 1000; ++i) ASSERT_FALSE(table.Meet(kPath, Method::kGet));
}

TEST(FaultTable, DrawsJitterOnTopOfADelay) {
  FaultTable table(7);
  Fault fault{.delay_ms = 100, .count = 1000, .jitter_ms = 3};
  table.Set(kPath, fault);
  std::vector<int> seen(4);
  while (const auto met = table.Meet(kPath, Method::kGet)) {
    ASSERT_GE(met->delay_ms, 100);
    ASSERT_LE(met->delay_ms, 103);
    ++seen[static_cast<size_t>(met->delay_ms - 100)];
  }
  for (const int count : seen) EXPECT_GT(count, 150) << "all are as likely";

  fault.delay_ms = 0;
  table.Set(kPath, fault);
  EXPECT_EQ(table.Meet(kPath, Method::kGet)->delay_ms, 0) << "no jitter without a delay";
}

TEST(FaultTable, IsSharedByThreads) {
  FaultTable table(1);
  Fault fault = Status(503);
  fault.count = 10'000;
  table.Set(kPath, fault);
  std::vector<int> met(4);
  {
    std::vector<std::jthread> threads;
    for (int& mine : met) {
      threads.emplace_back([&table, &mine] {
        for (int i = 0; i < 5000; ++i) mine += table.Meet(kPath, Method::kGet).has_value();
      });
    }
    for (int i = 0; i < 100; ++i) {
      table.Set("/b", Status(500));
      static_cast<void>(table.Meet("/b", Method::kGet));
    }
  }
  EXPECT_EQ(met[0] + met[1] + met[2] + met[3], 10'000) << "each is counted once";
}

}  // namespace
}  // namespace thalweg
