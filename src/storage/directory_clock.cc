#include "storage/directory_clock.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"
#include "storage/directory.h"
#include "storage/fault.h"

namespace thalweg {
namespace {

constexpr const char* kClock = "clock";
constexpr int64_t kWallSetMs = 1'000;  // from here on it is no slow pull of the wall clock

// What follows `label` up to the line's end, which is taken off `text`; null: something else.
std::optional<std::string_view> TakeLine(std::string_view& text, std::string_view label) {
  const size_t end = text.find('\n');
  if (!text.starts_with(label) || end == std::string_view::npos) return std::nullopt;
  const std::string_view value = text.substr(label.size(), end - label.size());
  text.remove_prefix(end + 1);
  return value;
}

std::optional<int64_t> TakeNumber(std::string_view& text, std::string_view label) {
  const auto value = TakeLine(text, label);
  int64_t number = 0;
  if (!value) return std::nullopt;
  const char* const end = value->data() + value->size();
  if (std::from_chars(value->data(), end, number).ptr != end) return std::nullopt;
  return number;
}

std::string WithoutWall(const ClockMark& mark) {
  return "thalweg clock\nscale " + mark.scale + "\nthere " + std::to_string(mark.machine_ms) +
         "\nhere " + std::to_string(mark.ms) + "\n";
}

std::string WithChecksum(const std::string& text) {
  return text + "crc32c " + std::to_string(Crc32c(text)) + "\n";
}

}  // namespace

DiskResult<void> DirectoryClock::Recover(Disk& disk) {
  disk_ = &disk;
  const auto text = Directory(disk, "").ReadText(kClock);
  if (!text) return std::unexpected(text.error());
  mark_ = *text ? DecodeClockMark(**text) : std::nullopt;
  const std::string scale = machine_.SteadyScale();
  const bool goes_on = mark_ && !scale.empty() && mark_->scale == scale;
  if (goes_on) {
    ahead_ms_ = mark_->ms - mark_->machine_ms;
    return {};
  }
  const int64_t wall_ms = machine_.WallMs();
  const int64_t ms = mark_ ? mark_->ms + std::max<int64_t>(wall_ms - mark_->wall_ms, 0) : wall_ms;
  ahead_ms_ = ms - machine_.SteadyMs();
  return Mark();
}

DiskResult<void> DirectoryClock::Mark() {
  THALWEG_ASSERT(disk_ != nullptr);
  const int64_t machine_ms = machine_.SteadyMs();
  ClockMark now{.scale = machine_.SteadyScale(),
                .machine_ms = machine_ms,
                .ms = machine_ms + ahead_ms_,
                .wall_ms = machine_.WallMs()};
  const auto written = Directory(*disk_, "").Replace(kClock, EncodeClockMark(now));
  if (!written) return IsShortage(written.error().code) ? DiskResult<void>() : written;
  if (mark_) {
    const int64_t lost_ms = (now.ms - mark_->ms) - (now.wall_ms - mark_->wall_ms);
    set_back_ms_ = std::max<int64_t>(0, set_back_ms_ + lost_ms);
  }
  mark_ = std::move(now);
  return {};
}

bool DirectoryClock::IsMarkStale() const {
  if (!mark_) return true;
  const int64_t passed_ms = SteadyMs() - mark_->ms;
  return std::abs(WallMs() - mark_->wall_ms - passed_ms) >= kWallSetMs;
}

std::string EncodeClockMark(const ClockMark& mark) {
  return WithChecksum(WithoutWall(mark) + "wall " + std::to_string(mark.wall_ms) + "\n");
}

std::optional<ClockMark> DecodeClockMark(const std::string& text) {
  std::string_view rest = text;
  const auto title = TakeLine(rest, "thalweg clock");
  const auto scale = TakeLine(rest, "scale ");
  const auto machine_ms = TakeNumber(rest, "there ");
  const auto ms = TakeNumber(rest, "here ");
  if (!title || !scale || !machine_ms || !ms) return std::nullopt;
  const auto wall_ms = TakeNumber(rest, "wall ");
  ClockMark mark{.scale = std::string(*scale),
                 .machine_ms = *machine_ms,
                 .ms = *ms,
                 .wall_ms = wall_ms.value_or(*ms)};
  const std::string whole = wall_ms ? EncodeClockMark(mark) : WithChecksum(WithoutWall(mark));
  return whole == text ? std::optional(std::move(mark)) : std::nullopt;
}

DiskResult<void> CopyClockMark(Disk& source, Disk& target) {
  const auto text = Directory(source, "").ReadText(kClock);
  if (!text) return std::unexpected(text.error());
  return *text ? Directory(target, "").Replace(kClock, **text) : DiskResult<void>();
}

}  // namespace thalweg
