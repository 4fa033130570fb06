#include "base/processors.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "base/control_group.h"

namespace thalweg {
namespace {

// Microseconds of processors' time in so many of the clock's.
std::optional<uint64_t> ProcessorsFor(std::optional<uint64_t> quota, uint64_t period) {
  if (!quota || period == 0) return std::nullopt;
  return *quota / period + (*quota % period != 0 ? 1 : 0);
}

// `quota period`, or `max period`.
std::optional<uint64_t> ReadCpuMax(const std::filesystem::path& folder) {
  std::ifstream file(folder / "cpu.max");
  uint64_t quota = 0;
  uint64_t period = 0;
  if (!(file >> quota >> period)) return std::nullopt;
  return ProcessorsFor(quota, period);
}

std::optional<uint64_t> ReadCfsQuota(const std::filesystem::path& folder) {
  return ProcessorsFor(ReadNumber(folder / "cpu.cfs_quota_us"),
                       ReadNumber(folder / "cpu.cfs_period_us").value_or(0));
}

constexpr GroupLimit kProcessors{"cpu", ReadCpuMax, ReadCfsQuota};

// Of a machine with more processors than the set has room for, all count.
size_t CountToRunOn() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<size_t>(CPU_COUNT(&set));
  return std::thread::hardware_concurrency();
}

}  // namespace

size_t CountOfProcessors() {
  const auto allowed = LeastOf(kProcessors).value_or(UINT64_MAX);
  return std::max<size_t>(std::min<uint64_t>(CountToRunOn(), allowed), 1);
}

std::optional<uint64_t> ProcessorsOfGroup(std::string_view groups,
                                          const std::filesystem::path& root) {
  return LeastOf(kProcessors, groups, root);
}

}  // namespace thalweg
