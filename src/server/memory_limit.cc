#include "server/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

namespace thalweg {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kShareMin = uint64_t{64} << 20;
constexpr uint64_t kShareMax = uint64_t{1} << 30;

// The number in a file; none: there is no such file, or it says `max`.
std::optional<uint64_t> ReadNumber(const fs::path& path) {
  std::ifstream file(path);
  uint64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

// A group is bound by the limits of all that it is in. In a container the mount may begin below the
// path that the system names: then there are no such folders, and its root tells.
std::optional<uint64_t> LeastOnTheWayUp(const fs::path& root, fs::path group, const char* file) {
  std::optional<uint64_t> least;
  for (;;) {
    const auto limit = ReadNumber(root / group.relative_path() / file);
    if (limit) least = std::min(*limit, least.value_or(UINT64_MAX));
    if (!group.has_relative_path()) return least;
    group = group.parent_path();
  }
}

bool Lists(std::string_view controllers, std::string_view name) {
  return ("," + std::string(controllers) + ",").find("," + std::string(name) + ",") !=
         std::string::npos;
}

}  // namespace

std::optional<uint64_t> ControlGroupLimit(std::string_view groups, const fs::path& root) {
  std::optional<uint64_t> least;
  while (!groups.empty()) {  // lines of `number:controllers:/path`
    const std::string_view line = groups.substr(0, groups.find('\n'));
    groups.remove_prefix(std::min(groups.size(), line.size() + 1));
    const size_t first = line.find(':');
    const size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    std::optional<uint64_t> limit;
    if (controllers.empty()) {
      limit = LeastOnTheWayUp(root, group, "memory.max");
    } else if (Lists(controllers, "memory")) {
      limit = LeastOnTheWayUp(root / "memory", group, "memory.limit_in_bytes");
    }
    if (limit) least = std::min(*limit, least.value_or(UINT64_MAX));
  }
  return least;
}

uint64_t MemoryLimit() {
  const auto machine =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  std::ifstream file("/proc/self/cgroup");
  const std::string groups{std::istreambuf_iterator<char>(file), {}};
  return std::min(machine, ControlGroupLimit(groups, "/sys/fs/cgroup").value_or(UINT64_MAX));
}

uint64_t DefaultShare(uint64_t memory) {
  return std::clamp(memory / 8, kShareMin, kShareMax) >> 20 << 20;
}

}  // namespace thalweg
