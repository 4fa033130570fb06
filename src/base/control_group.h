// What the control group of this process (of a container, of a systemd unit) lets it have.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace thalweg {

// A limit that groups can have. A function reads it from a group's folder; none: it sets none.
struct GroupLimit {
  using Read = std::optional<uint64_t> (*)(const std::filesystem::path& folder);

  std::string_view controller;  // as version 1 names it, also its folder there
  Read read;                    // from a group of version 2
  Read read_first;              // … of version 1
};

// The least that is set for the group or for one that it is in; none: nobody set one.
// `groups` is the text of /proc/self/cgroup, `root` where control groups are mounted: version 2, or
// version 1 with a folder for each controller.
std::optional<uint64_t> LeastOf(const GroupLimit& limit, std::string_view groups,
                                const std::filesystem::path& root);

// For this process, on this machine.
std::optional<uint64_t> LeastOf(const GroupLimit& limit);

// The number that a file begins with; none: there is no such file, or it says `max` or less than 0.
std::optional<uint64_t> ReadNumber(const std::filesystem::path& file);

}  // namespace thalweg
