#include "server/metric_list.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace thalweg {
namespace {

constexpr double kUsPerSecond = 1e6;

}  // namespace

void MetricList::AddCounter(std::string name, std::string help, double value) {
  AddCounter(std::move(name), std::move(help), {Sample{.value = value}});
}

void MetricList::AddCounter(std::string name, std::string help,
                            const std::vector<Sample>& samples) {
  THALWEG_ASSERT(name.ends_with("_total"));
  Add(prometheus::MetricType::Counter, std::move(name), std::move(help), samples);
}

void MetricList::AddGauge(std::string name, std::string help, double value) {
  AddGauge(std::move(name), std::move(help), {Sample{.value = value}});
}

void MetricList::AddGauge(std::string name, std::string help, const std::vector<Sample>& samples) {
  Add(prometheus::MetricType::Gauge, std::move(name), std::move(help), samples);
}

// Buckets count all that took no longer than their bound.
void MetricList::AddHistogram(std::string name, std::string help, const Durations& durations) {
  prometheus::ClientMetric metric;
  prometheus::ClientMetric::Histogram& histogram = metric.histogram;
  const auto& bounds = Durations::kUpToUs;
  for (size_t i = 0; i < durations.counts.size(); ++i) {
    histogram.sample_count += durations.counts[i];
    const double bound = i < bounds.size() ? static_cast<double>(bounds[i]) / kUsPerSecond
                                           : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({histogram.sample_count, bound});
  }
  histogram.sample_sum = static_cast<double>(durations.sum_us) / kUsPerSecond;
  Add({std::move(name), std::move(help), prometheus::MetricType::Histogram, {std::move(metric)}});
}

std::string MetricList::Text() const { return prometheus::TextSerializer().Serialize(families_); }

void MetricList::Add(prometheus::MetricType type, std::string name, std::string help,
                     const std::vector<Sample>& samples) {
  prometheus::MetricFamily family{std::move(name), std::move(help), type, {}};
  for (const Sample& sample : samples) {
    prometheus::ClientMetric& metric = family.metric.emplace_back();
    metric.label = sample.labels;
    (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) =
        sample.value;
  }
  Add(std::move(family));
}

void MetricList::Add(prometheus::MetricFamily family) {
  const std::string& help = family.help;
  THALWEG_ASSERT(!help.contains('\n') && !help.contains('\\'));  // the library escapes neither
  THALWEG_ASSERT(std::ranges::find(families_, family.name, &prometheus::MetricFamily::name) ==
                 families_.end());
  families_.push_back(std::move(family));
}

}  // namespace thalweg
