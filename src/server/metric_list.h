// Metrics with their names, and as the text that Prometheus reads (its exposition format 0.0.4).
//
// A value, filled anew for each answer.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <vector>

#include "thalweg/stats.h"

namespace thalweg {

class MetricList {
 public:
  // With a label for each of several, or none. A number above 2^53 is rounded.
  struct Sample {
    std::vector<prometheus::ClientMetric::Label> labels{};
    double value = 0;
  };

  // REQUIRES of all: `name` is new, and of a counter ends in _total; `help` is one line without a
  // backslash.
  void AddCounter(std::string name, std::string help, double value);
  void AddCounter(std::string name, std::string help, const std::vector<Sample>& samples);
  void AddGauge(std::string name, std::string help, double value);
  void AddGauge(std::string name, std::string help, const std::vector<Sample>& samples);
  void AddHistogram(std::string name, std::string help, const Durations& durations);  // seconds

  std::string Text() const;

 private:
  void Add(prometheus::MetricType type, std::string name, std::string help,
           const std::vector<Sample>& samples);
  void Add(prometheus::MetricFamily family);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace thalweg
