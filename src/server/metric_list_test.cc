#include "server/metric_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace thalweg {
namespace {

TEST(MetricList, WritesWhatPrometheusReads) {
  MetricList list;
  list.AddCounter("a_total", "What a counts.", 12'345'678'901'234);
  list.AddGauge("b", "What b is.", std::vector<MetricList::Sample>{{{{"k", "a\"b\\c\nd"}}, 0.25}});
  list.AddGauge("none", "Nothing.", std::vector<MetricList::Sample>{});
  EXPECT_EQ(list.Text(),
            "# HELP a_total What a counts.\n"
            "# TYPE a_total counter\n"
            "a_total 12345678901234\n"
            "# HELP b What b is.\n"
            "# TYPE b gauge\n"
            "b{k=\"a\\\"b\\\\c\\nd\"} 0.25\n"
            "# HELP none Nothing.\n"
            "# TYPE none gauge\n");
}

TEST(MetricList, BucketsCountAllThatTookNoLonger) {
  Durations durations;
  durations.counts[0] = 3;
  durations.counts[2] = 2;
  durations.counts.back() = 1;
  durations.sum_us = 20'000'300;
  MetricList list;
  list.AddHistogram("t_seconds", "Time.", durations);
  const std::string text = list.Text();
  EXPECT_EQ(std::ranges::count(text, '\n'), 2 + Durations::kUpToUs.size() + 3);
  EXPECT_TRUE(text.contains("\nt_seconds_bucket{le=\"0.0001\"} 3\n"));
  EXPECT_TRUE(text.contains("\nt_seconds_bucket{le=\"0.00025\"} 3\n"));
  EXPECT_TRUE(text.contains("\nt_seconds_bucket{le=\"0.0005\"} 5\n"));
  EXPECT_TRUE(text.contains("\nt_seconds_bucket{le=\"10\"} 5\n"));
  EXPECT_TRUE(text.contains("\nt_seconds_bucket{le=\"+Inf\"} 6\n"));
  EXPECT_TRUE(text.contains("\nt_seconds_count 6\n"));
  EXPECT_TRUE(text.contains("\nt_seconds_sum 20.0003\n"));
}

}  // namespace
}  // namespace thalweg
