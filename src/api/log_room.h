// What the operator is told when the log cannot have another file.
//
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace thalweg {

// `reason` is the system's, of a try to make a file of `file_bytes` where `free_bytes` are left. No
// such file ever fits where the whole file system is smaller, so the size is named where that is
// what is wanting.
std::string NoLogRoom(std::string_view reason, uint64_t file_bytes,
                      std::optional<uint64_t> free_bytes);

}  // namespace thalweg
