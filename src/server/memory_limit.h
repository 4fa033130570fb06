// How much memory this process may use, and how much of it the program gives to one thing where
// nobody says.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace thalweg {

// Bytes: the machine's memory, or less where a control group (of a container, of a systemd unit)
// allows less.
uint64_t MemoryLimit();

// The least limit that is set for the group or for one that it is in; none: nobody set one.
// `groups` is the text of /proc/self/cgroup, `root` where control groups are mounted: version 2, or
// version 1 with a folder `memory`.
std::optional<uint64_t> ControlGroupLimit(std::string_view groups,
                                          const std::filesystem::path& root);

// The default of --tail-memory and of --max-bodies: an eighth of `memory`, from 64 MiB to 1 GiB.
uint64_t DefaultShare(uint64_t memory);

}  // namespace thalweg
