#include "server/units.h"

#include <charconv>
#include <optional>
#include <span>

#include "base/ascii.h"

namespace thalweg {
namespace {

struct Unit {
  std::string_view name;  // lower case
  uint64_t factor;
};

constexpr Unit kDurationUnits[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit kSizeUnits[] = {{"", 1},
                               {"b", 1},
                               {"kb", 1000},
                               {"kib", 1ULL << 10},
                               {"k", 1ULL << 10},
                               {"mb", 1'000'000},
                               {"mib", 1ULL << 20},
                               {"m", 1ULL << 20},
                               {"gb", 1'000'000'000},
                               {"gib", 1ULL << 30},
                               {"g", 1ULL << 30}};

std::optional<uint64_t> FactorOf(std::string_view name, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (EqualIgnoringCase(name, unit.name)) return unit.factor;
  }
  return std::nullopt;
}

struct Amount {
  uint64_t number;
  std::string_view unit;
};

std::optional<Amount> SplitAmount(std::string_view text) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return Amount{number, text.substr(static_cast<size_t>(end - text.data()))};
}

// number * factor, or null beyond `limit`.
std::optional<uint64_t> Scale(uint64_t number, uint64_t factor, uint64_t limit) {
  if (number > limit / factor) return std::nullopt;
  return number * factor;
}

}  // namespace

std::expected<int64_t, std::string> ParseDurationMs(std::string_view text) {
  auto expected = [&] {
    return std::unexpected("'" + std::string(text) +
                           "' is not a duration; write 500ms, 30s, 2m or 1h");
  };
  const std::optional<Amount> amount = SplitAmount(text);
  if (!amount) return expected();
  if (amount->number == 0 && amount->unit.empty()) return 0;
  const std::optional<uint64_t> factor = FactorOf(amount->unit, kDurationUnits);
  if (!factor) return expected();
  const auto ms = Scale(amount->number, *factor, static_cast<uint64_t>(kDurationMsMax));
  if (!ms) return std::unexpected("'" + std::string(text) + "' is longer than 365 days");
  return static_cast<int64_t>(*ms);
}

std::expected<uint64_t, std::string> ParseSizeBytes(std::string_view text) {
  auto expected = [&] {
    return std::unexpected("'" + std::string(text) +
                           "' is not a size; write 1024, 64KB, 4MiB or 1GiB");
  };
  const std::optional<Amount> amount = SplitAmount(text);
  if (!amount) return expected();
  const std::optional<uint64_t> factor = FactorOf(amount->unit, kSizeUnits);
  if (!factor) return expected();
  const auto bytes = Scale(amount->number, *factor, kSizeBytesMax);
  if (!bytes) return std::unexpected("'" + std::string(text) + "' is more than 1 TiB");
  return *bytes;
}

}  // namespace thalweg
