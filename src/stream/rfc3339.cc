#include "stream/rfc3339.h"

#include <chrono>

#include "base/ascii.h"

namespace thalweg {
namespace {

// Takes a text from the left. A step that does not fit says false (or null) and ends the reading.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool Take(char upper, char lower) {
    if (rest_.empty() || (rest_.front() != upper && rest_.front() != lower)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool Take(char c) { return Take(c, c); }

  // Exactly `digits` digits, at most `max`.
  bool Number(size_t digits, int max, int& value) {
    if (rest_.size() < digits) return false;
    value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (!IsDigit(c)) return false;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return value <= max;
  }

  // The digits of a fraction of a second, one at least, as whole milliseconds.
  bool Fraction(int& ms) {
    size_t digits = 0;
    ms = 0;
    for (; digits < rest_.size() && IsDigit(rest_[digits]); ++digits) {
      if (digits < 3) ms = ms * 10 + (rest_[digits] - '0');
    }
    for (size_t missing = digits; missing < 3; ++missing) ms *= 10;
    rest_.remove_prefix(digits);
    return digits != 0;
  }

  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// Days since 1970; null where the calendar has no such day.
std::optional<int64_t> ReadDate(Reader& reader) {
  int year = 0, month = 0, day = 0;
  if (!reader.Number(4, 9999, year) || !reader.Take('-')) return std::nullopt;
  if (!reader.Number(2, 12, month) || !reader.Take('-')) return std::nullopt;
  if (!reader.Number(2, 31, day)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

struct TimeOfDay {
  int minutes = 0;
  int seconds = 0;  // 60: a leap second
  int ms = 0;
};

std::optional<TimeOfDay> ReadTime(Reader& reader) {
  int hour = 0, minute = 0;
  TimeOfDay time;
  if (!reader.Number(2, 23, hour) || !reader.Take(':')) return std::nullopt;
  if (!reader.Number(2, 59, minute) || !reader.Take(':')) return std::nullopt;
  if (!reader.Number(2, 60, time.seconds)) return std::nullopt;
  if (reader.Take('.') && !reader.Fraction(time.ms)) return std::nullopt;
  time.minutes = hour * 60 + minute;
  return time;
}

// How far the local time is ahead of UTC, in minutes.
std::optional<int> ReadZone(Reader& reader) {
  if (reader.Take('Z', 'z')) return 0;
  const bool behind = reader.Take('-');
  if (!behind && !reader.Take('+')) return std::nullopt;
  int hours = 0, minutes = 0;
  if (!reader.Number(2, 23, hours) || !reader.Take(':')) return std::nullopt;
  if (!reader.Number(2, 59, minutes)) return std::nullopt;
  return (behind ? -1 : 1) * (hours * 60 + minutes);
}

bool IsLastMinuteOfDay(int64_t minutes) {
  constexpr int64_t kMinutesPerDay = 24 * 60;
  return (minutes % kMinutesPerDay + kMinutesPerDay) % kMinutesPerDay == kMinutesPerDay - 1;
}

}  // namespace

std::optional<int64_t> ParseRfc3339(std::string_view text) {
  Reader reader(text);
  const std::optional<int64_t> days = ReadDate(reader);
  if (!days || !reader.Take('T', 't')) return std::nullopt;
  std::optional<TimeOfDay> time = ReadTime(reader);
  if (!time) return std::nullopt;
  const std::optional<int> zone = ReadZone(reader);
  if (!zone || !reader.done()) return std::nullopt;
  const int64_t minutes = *days * 24 * 60 + time->minutes - *zone;
  if (time->seconds == 60) {
    if (!IsLastMinuteOfDay(minutes)) return std::nullopt;
    time->seconds = 59;
    time->ms = 999;
  }
  return (minutes * 60 + time->seconds) * 1000 + time->ms;
}

}  // namespace thalweg
