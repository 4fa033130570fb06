#include "base/control_group.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace thalweg {
namespace {

namespace fs = std::filesystem;

// A group is bound by the limits of all that it is in. In a container the mount may begin below the
// path that the system names: then there are no such folders, and its root tells.
std::optional<uint64_t> LeastOnTheWayUp(const fs::path& root, fs::path group,
                                        GroupLimit::Read read) {
  std::optional<uint64_t> least;
  for (;;) {
    const auto limit = read(root / group.relative_path());
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

std::optional<uint64_t> LeastOf(const GroupLimit& limit, std::string_view groups,
                                const fs::path& root) {
  std::optional<uint64_t> least;
  while (!groups.empty()) {  // lines of `number:controllers:/path`
    const std::string_view line = groups.substr(0, groups.find('\n'));
    groups.remove_prefix(std::min(groups.size(), line.size() + 1));
    const size_t first = line.find(':');
    const size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    std::optional<uint64_t> found;
    if (controllers.empty()) {
      found = LeastOnTheWayUp(root, group, limit.read);
    } else if (Lists(controllers, limit.controller)) {
      found = LeastOnTheWayUp(root / limit.controller, group, limit.read_first);
    }
    if (found) least = std::min(*found, least.value_or(UINT64_MAX));
  }
  return least;
}

std::optional<uint64_t> LeastOf(const GroupLimit& limit) {
  std::ifstream file("/proc/self/cgroup");
  const std::string groups{std::istreambuf_iterator<char>(file), {}};
  return LeastOf(limit, groups, "/sys/fs/cgroup");
}

std::optional<uint64_t> ReadNumber(const fs::path& file) {
  std::ifstream in(file);
  int64_t number = 0;
  if (in >> number && number >= 0) return static_cast<uint64_t>(number);
  return std::nullopt;
}

}  // namespace thalweg
