#include "storage/directory_life.h"

#include <cerrno>
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
constexpr size_t kBytesMax = 4096;

// Null: there is none that can be read.
DiskResult<std::optional<uint64_t>> Read(Disk& disk) {
  const auto file = disk.Open(kLife, Disk::Mode::kRead);
  if (!file && file.error().code == ENOENT) return std::nullopt;
  if (!file) return std::unexpected(file.error());
  std::string text(kBytesMax, '\0');
  const auto got = (*file)->ReadAt(0, text);
  if (!got) return std::unexpected(got.error());
  text.resize(*got);
  uint64_t life = 0;
  if (text.starts_with(kTitle)) {
    std::from_chars(text.data() + kTitle.size(), text.data() + text.size(), life);
  }
  return EncodeLife(life) == text ? std::optional(life) : std::nullopt;
}

}  // namespace

DiskResult<uint64_t> LifeOf(Disk& disk, uint64_t fresh) {
  const auto life = Read(disk);
  if (!life) return std::unexpected(life.error());
  if (*life) return **life;
  const auto written = Directory(disk, "").Replace(kLife, EncodeLife(fresh));
  if (!written && !IsShortage(written.error().code)) return std::unexpected(written.error());
  return fresh;
}

std::string EncodeLife(uint64_t life) {
  const std::string text = std::string(kTitle) + std::to_string(life) + "\n";
  return text + "crc32c " + std::to_string(Crc32c(text)) + "\n";
}

}  // namespace thalweg
