#include "bench/load/report.h"

namespace thalweg::bench {

void AddLatencies(const Histogram& latencies, JsonLine& line) {
  const auto us = [](int64_t ns) { return static_cast<double>(ns) / 1000; };
  line.Add("mean_us", latencies.mean() / 1000);
  line.Add("p50_us", us(latencies.Percentile(0.5)));
  line.Add("p99_us", us(latencies.Percentile(0.99)));
  line.Add("p999_us", us(latencies.Percentile(0.999)));
  line.Add("max_us", us(latencies.max()));
}

void AddServer(const Usage& used, int64_t rss_before_bytes, JsonLine& line) {
  line.Begin("server");
  line.Add("cpu_us", used.cpu_us);
  line.Add("user_us", used.user_us);
  line.Add("system_us", used.system_us);
  line.Add("rss_before_readers_bytes", rss_before_bytes);
  line.Add("rss_bytes", used.rss_bytes);
  line.Add("rss_peak_bytes", used.rss_peak_bytes);
  line.Add("written_bytes", used.written_bytes);
  line.End();
}

}  // namespace thalweg::bench
