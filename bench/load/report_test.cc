#include "bench/load/report.h"

#include <gtest/gtest.h>

namespace thalweg::bench {
namespace {

TEST(Report, SaysLatenciesInMicroseconds) {
  Histogram latencies;
  for (int i = 0; i < 99; ++i) latencies.Record(100);
  latencies.Record(2000);
  JsonLine line;
  AddLatencies(latencies, line);
  EXPECT_EQ(line.Text(),
            R"({"mean_us": 0.119, "p50_us": 0.100, "p99_us": 0.100, "p999_us": 2.000, )"
            R"("max_us": 2.000})");
}

TEST(Report, SaysWhatAServerUsed) {
  JsonLine line;
  AddServer({.cpu_us = 5,
             .user_us = 2,
             .system_us = 3,
             .rss_bytes = 200,
             .rss_peak_bytes = 300,
             .written_bytes = 4},
            100, line);
  EXPECT_EQ(line.Text(),
            R"({"server": {"cpu_us": 5, "user_us": 2, "system_us": 3, )"
            R"("rss_before_readers_bytes": 100, "rss_bytes": 200, "rss_peak_bytes": 300, )"
            R"("written_bytes": 4}})");
}

}  // namespace
}  // namespace thalweg::bench
