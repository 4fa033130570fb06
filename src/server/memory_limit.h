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

// What control groups allow; none: all there is. As LeastOf in control_group.h.
std::optional<uint64_t> MemoryOfGroup(std::string_view groups, const std::filesystem::path& root);

// The default of --tail-memory and of --max-bodies: an eighth of `memory`, from 64 MiB to 1 GiB.
uint64_t DefaultShare(uint64_t memory);

}  // namespace thalweg
