// Crosses threads; see the header.
#include "http/fault_table.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/assert.h"

namespace thalweg {

namespace {

constexpr int64_t kDelayMsMax = int64_t{24} * 60 * 60 * 1000;

// Null: none that could meet a fault.
std::optional<Method> MethodNamed(std::string_view name) {
  struct Named {
    std::string_view name;
    Method method;
  };
  constexpr Named kMethods[] = {{"GET", Method::kGet},
                                {"HEAD", Method::kHead},
                                {"PUT", Method::kPut},
                                {"POST", Method::kPost},
                                {"DELETE", Method::kDelete}};
  for (const Named& named : kMethods) {
    if (EqualIgnoringCase(name, named.name)) return named.method;
  }
  return std::nullopt;
}

bool HasKind(const Fault& fault) {
  return fault.status != 0 || fault.delay_ms || fault.drop_connection ||
         fault.truncate_body_bytes || fault.corrupt_body || fault.sse_event;
}

bool IsDelay(int64_t ms) { return ms >= 0 && ms <= kDelayMsMax; }

bool Matches(const Fault& fault, Method method) {
  return fault.method.empty() || MethodNamed(fault.method) == method;
}

}  // namespace

std::optional<std::string> CheckFault(std::string_view path, const Fault& fault) {
  if (!path.starts_with('/') || path.find_first_of("?#") != std::string_view::npos) {
    return "The path begins with '/' and has no query, such as /v1/stream/a.";
  }
  if (!HasKind(fault)) {
    return "A fault needs a status, a delay, a dropped connection, a truncated or corrupted body, "
           "or an SSE event.";
  }
  if (fault.status != 0 && (fault.status < 200 || fault.status > 599)) {
    return "The status is from 200 to 599.";
  }
  if (!IsDelay(fault.delay_ms.value_or(0)) || !IsDelay(fault.jitter_ms)) {
    return "Delay and jitter are from 0 to a day.";
  }
  if (!(fault.probability >= 0 && fault.probability <= 1)) {
    return "The probability is from 0 to 1.";
  }
  if (!fault.method.empty() && !MethodNamed(fault.method)) {
    return "The method is GET, HEAD, PUT, POST or DELETE.";
  }
  return std::nullopt;
}

void FaultTable::Set(std::string_view path, Fault fault) {
  THALWEG_ASSERT(!CheckFault(path, fault));
  fault.count = std::max<uint64_t>(fault.count, 1);
  std::lock_guard lock(mutex_);
  by_path_.insert_or_assign(std::string(path), std::move(fault));
  is_empty_ = false;
}

void FaultTable::Clear() {
  std::lock_guard lock(mutex_);
  by_path_.clear();
  is_empty_ = true;
}

std::optional<FaultTable::Met> FaultTable::Meet(std::string_view path, Method method) {
  if (is_empty_) return std::nullopt;
  std::lock_guard lock(mutex_);
  const auto it = by_path_.find(path);
  if (it == by_path_.end() || !Matches(it->second, method)) return std::nullopt;
  Fault& fault = it->second;
  if (Roll() >= fault.probability) return std::nullopt;
  Met met{.fault = fault, .delay_ms = fault.delay_ms.value_or(0), .seed = random_()};
  if (met.delay_ms > 0) {
    met.delay_ms += static_cast<int64_t>(Roll() * static_cast<double>(fault.jitter_ms + 1));
  }
  if (--fault.count == 0) {
    by_path_.erase(it);
    is_empty_ = by_path_.empty();
  }
  return met;
}

double FaultTable::Roll() { return std::uniform_real_distribution<double>()(random_); }

}  // namespace thalweg
