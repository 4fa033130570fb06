#include "storage/zero_fill.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace thalweg {
namespace {

constexpr size_t kBlockBytes = 4096;
constexpr std::array<char, kBlockBytes> kZeros{};

bool IsZero(std::span<const char> bytes) {
  return std::ranges::all_of(bytes, [](char byte) { return byte == 0; });
}

}  // namespace

DiskResult<void> FillWithZeros(File& file, uint64_t size) {
  std::array<char, kBlockBytes> block;
  for (uint64_t offset = 0; offset < size; offset += kBlockBytes) {
    const size_t want = std::min<uint64_t>(kBlockBytes, size - offset);
    const DiskResult<size_t> got = file.ReadAt(offset, std::span(block).first(want));
    if (!got) return std::unexpected(got.error());
    const bool is_hole = IsZero(std::span(block).first(*got));
    const size_t keep = is_hole ? 0 : *got;
    if (keep == want) continue;
    const std::string_view zeros(kZeros.data(), want - keep);
    if (DiskResult<void> wrote = file.WriteAt(offset + keep, zeros); !wrote) return wrote;
  }
  return {};
}

}  // namespace thalweg
