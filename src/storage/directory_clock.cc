#include "storage/directory_clock.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/crc32c.h"
#include "storage/directory.h"
#include "storage/fault.h"

namespace thalweg {
namespace {

constexpr const char* kClock = "clock";

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

}  // namespace

DiskResult<void> DirectoryClock::Recover(Disk& disk) {
  Directory root(disk, "");
  const auto text = root.ReadText(kClock);
  if (!text) return std::unexpected(text.error());
  const auto before = *text ? DecodeClockMark(**text) : std::nullopt;
  ClockMark now{
      .scale = machine_.SteadyScale(), .machine_ms = machine_.SteadyMs(), .ms = machine_.WallMs()};
  const bool goes_on = before && !now.scale.empty() && before->scale == now.scale;
  if (goes_on) {
    ahead_ms_ = before->ms - before->machine_ms;
    return {};
  }
  if (before) now.ms = std::max(now.ms, before->ms);
  ahead_ms_ = now.ms - now.machine_ms;
  const auto written = root.Replace(kClock, EncodeClockMark(now));
  return !written && IsShortage(written.error().code) ? DiskResult<void>() : written;
}

std::string EncodeClockMark(const ClockMark& mark) {
  const std::string text = "thalweg clock\nscale " + mark.scale + "\nthere " +
                           std::to_string(mark.machine_ms) + "\nhere " + std::to_string(mark.ms) +
                           "\n";
  return text + "crc32c " + std::to_string(Crc32c(text)) + "\n";
}

std::optional<ClockMark> DecodeClockMark(const std::string& text) {
  std::string_view rest = text;
  const auto title = TakeLine(rest, "thalweg clock");
  const auto scale = TakeLine(rest, "scale ");
  const auto machine_ms = TakeNumber(rest, "there ");
  const auto ms = TakeNumber(rest, "here ");
  if (!title || !scale || !machine_ms || !ms) return std::nullopt;
  ClockMark mark{.scale = std::string(*scale), .machine_ms = *machine_ms, .ms = *ms};
  return EncodeClockMark(mark) == text ? std::optional(std::move(mark)) : std::nullopt;
}

}  // namespace thalweg
