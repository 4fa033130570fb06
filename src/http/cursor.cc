#include "http/cursor.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/decimal.h"

namespace thalweg {
namespace {

constexpr uint64_t kJitterSecondsMax = 3600;
// Room for the largest jitter, so that a client's cursor can always be exceeded.
constexpr uint64_t kCursorMax = std::numeric_limits<uint64_t>::max() - kJitterSecondsMax;

uint64_t IntervalSeconds(const CursorOptions& options) {
  return static_cast<uint64_t>(std::max<int64_t>(options.interval_s, 1));
}

}  // namespace

uint64_t CurrentCursor(const CursorOptions& options, int64_t wall_ms) {
  if (wall_ms <= options.epoch_ms) return 0;
  // Unsigned: the distance of any two instants fits.
  const uint64_t since_ms =
      static_cast<uint64_t>(wall_ms) - static_cast<uint64_t>(options.epoch_ms);
  return since_ms / 1000 / IntervalSeconds(options);
}

std::optional<uint64_t> ParseCursor(std::string_view text) {
  const std::optional<uint64_t> cursor = ParseDecimal(text);
  return cursor && *cursor <= kCursorMax ? cursor : std::nullopt;
}

uint64_t NextCursor(const CursorOptions& options, int64_t wall_ms, std::optional<uint64_t> client,
                    uint64_t dice) {
  const uint64_t current = CurrentCursor(options, wall_ms);
  if (!client || *client < current) return current;
  const uint64_t jitter_s = 1 + dice % kJitterSecondsMax;
  const uint64_t interval_s = IntervalSeconds(options);
  return *client + (jitter_s + interval_s - 1) / interval_s;
}

std::string CalculateCursor(int64_t now_ms, const CursorOptions& options) {
  return std::to_string(CurrentCursor(options, now_ms));
}

std::string GenerateResponseCursor(std::optional<std::string_view> client, int64_t now_ms,
                                   uint64_t dice, const CursorOptions& options) {
  const auto number = client ? ParseCursor(*client) : std::nullopt;
  return std::to_string(NextCursor(options, now_ms, number, dice));
}

std::string HandleCursorCollision(std::string_view previous, int64_t now_ms, uint64_t dice,
                                  const CursorOptions& options) {
  return GenerateResponseCursor(previous, now_ms, dice, options);
}

}  // namespace thalweg
