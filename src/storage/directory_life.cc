#include "storage/directory_life.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "base/crc32c.h"
#include "storage/directory.h"
#include "storage/fault.h"

namespace thalweg {
namespace {

constexpr const char* kLife = "life";
constexpr std::string_view kTitle = "thalweg life\n";

// Null: the text does not tell.
std::optional<uint64_t> DecodeLife(std::string_view text) {
  uint64_t life = 0;
  if (text.starts_with(kTitle)) {
    std::from_chars(text.data() + kTitle.size(), text.data() + text.size(), life);
  }
  return EncodeLife(life) == text ? std::optional(life) : std::nullopt;
}

}  // namespace

DiskResult<uint64_t> LifeOf(Disk& disk, uint64_t fresh) {
  Directory root(disk, "");
  const auto text = root.ReadText(kLife);
  if (!text) return std::unexpected(text.error());
  if (const auto life = DecodeLife(text->value_or(""))) return *life;
  const auto written = root.Replace(kLife, EncodeLife(fresh));
  if (!written && !IsShortage(written.error().code)) return std::unexpected(written.error());
  return fresh;
}

std::string EncodeLife(uint64_t life) {
  const std::string text = std::string(kTitle) + std::to_string(life) + "\n";
  return text + "crc32c " + std::to_string(Crc32c(text)) + "\n";
}

}  // namespace thalweg
