#include "server/memory_limit.h"

#include <unistd.h>

#include <algorithm>

#include "base/control_group.h"

namespace thalweg {
namespace {

constexpr uint64_t kShareMin = uint64_t{64} << 20;
constexpr uint64_t kShareMax = uint64_t{1} << 30;

constexpr GroupLimit kMemory{
    "memory",
    [](const std::filesystem::path& folder) { return ReadNumber(folder / "memory.max"); },
    [](const std::filesystem::path& folder) {
      return ReadNumber(folder / "memory.limit_in_bytes");
    },
};

}  // namespace

uint64_t MemoryLimit() {
  const auto machine =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return std::min(machine, LeastOf(kMemory).value_or(UINT64_MAX));
}

std::optional<uint64_t> MemoryOfGroup(std::string_view groups, const std::filesystem::path& root) {
  return LeastOf(kMemory, groups, root);
}

uint64_t DefaultShare(uint64_t memory) {
  return std::clamp(memory / 8, kShareMin, kShareMax) >> 20 << 20;
}

}  // namespace thalweg
