#include "server/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/decimal.h"
#include "server/suggest.h"
#include "server/units.h"

namespace thalweg {
namespace {

std::string CheckDuration(const std::string& text, int64_t min_ms) {
  const auto ms = ParseDurationMs(text);
  if (!ms) return ms.error();
  return *ms >= min_ms ? "" : "must be at least " + std::to_string(min_ms) + "ms";
}

std::string CheckSize(const std::string& text) {
  const auto bytes = ParseSizeBytes(text);
  if (!bytes) return bytes.error();
  return *bytes > 0 ? "" : "must be at least 1 byte";
}

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

class Flags::Impl {
 public:
  // What stands for a value where none was given: nothing, or the next flag. CLI11 takes both.
  std::optional<std::string> WithoutValue(std::span<const std::string> words) const {
    for (size_t i = 0; i < words.size(); ++i) {
      const size_t name_bytes = words[i].find('=');
      const std::string name = words[i].substr(0, name_bytes);
      if (std::ranges::find(with_value, name) == with_value.end()) continue;
      if (name_bytes == std::string::npos) {
        if (++i < words.size() && words[i].starts_with("--")) return name;
      } else if (name_bytes + 1 == words[i].size()) {
        return name;
      }
    }
    return std::nullopt;
  }

  // A flag that takes none and has been given one, as --cors=false.
  std::optional<std::string> WithUnwantedValue(std::span<const std::string> words) const {
    for (const std::string& word : words) {
      const size_t name_bytes = word.find('=');
      const std::string name = word.substr(0, name_bytes);
      const bool is_switch = std::ranges::find(names, name) != names.end() &&
                             std::ranges::find(with_value, name) == with_value.end();
      if (is_switch && name_bytes != std::string::npos) return name;
    }
    return std::nullopt;
  }

  CLI::App app;
  std::vector<std::string> names;
  std::vector<std::string> with_value;  // of those names
};

Flags::Flags() : impl_(std::make_unique<Impl>()) {
  impl_->app.set_help_flag();  // --help is answered before any flag is read
  impl_->app.allow_extras();   // so that what is unknown comes back to us by its name
}

Flags::~Flags() = default;

void Flags::Text(const std::string& name, std::string& out, Check check) {
  Declare(name, std::move(check), [&out](const std::string& text) { out = text; });
}

void Flags::Duration(const std::string& name, int64_t& out_ms, int64_t min_ms) {
  Declare(
      name, [min_ms](const std::string& text) { return CheckDuration(text, min_ms); },
      [&out_ms](const std::string& text) { out_ms = ParseDurationMs(text).value_or(out_ms); });
}

void Flags::Size(const std::string& name, size_t& out_bytes) {
  Declare(name, CheckSize, [&out_bytes](const std::string& text) {
    out_bytes = ParseSizeBytes(text).value_or(out_bytes);
  });
}

void Flags::Number(const std::string& name, uint64_t min, uint64_t max,
                   std::function<void(uint64_t)> set) {
  auto check = [min, max](const std::string& text) -> std::string {
    const std::optional<uint64_t> number = ParseDecimal(text);
    if (number && *number >= min && *number <= max) return "";
    return "'" + text + "' is not a number from " + std::to_string(min) + " to " +
           std::to_string(max);
  };
  Declare(name, check, [set = std::move(set)](const std::string& text) {
    if (const std::optional<uint64_t> number = ParseDecimal(text)) set(*number);
  });
}

void Flags::Choice(const std::string& name, std::vector<std::string> choices,
                   std::function<void(const std::string&)> set) {
  auto check = [choices = std::move(choices)](const std::string& text) -> std::string {
    if (std::find(choices.begin(), choices.end(), text) != choices.end()) return "";
    return "'" + text + "' is not one of " + Join(choices);
  };
  Declare(name, check, std::move(set));
}

void Flags::Switch(const std::string& name, std::function<void()> set) {
  impl_->names.push_back(name);
  impl_->app.add_flag_callback(name, std::move(set));
}

void Flags::Toggle(const std::string& on, const std::string& off, bool& out) {
  impl_->names.push_back(on);
  impl_->names.push_back(off);
  impl_->app.add_flag(on + ",!" + off, out)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

std::optional<std::string> Flags::Parse(std::span<const std::string> words) {
  if (const auto name = impl_->WithoutValue(words)) return *name + ": a value is missing";
  if (const auto name = impl_->WithUnwantedValue(words)) return *name + " takes no value";
  std::vector<std::string> reversed(words.rbegin(), words.rend());  // as CLI11 wants them
  try {
    impl_->app.parse(reversed);
  } catch (const CLI::Error& error) {
    return error.what();
  }
  const std::vector<std::string> unknown = impl_->app.remaining();
  if (!unknown.empty()) return Unknown(unknown.front());
  return std::nullopt;
}

std::vector<std::string_view> Flags::names() const {
  return {impl_->names.begin(), impl_->names.end()};
}

void Flags::Declare(const std::string& name, Check check,
                    std::function<void(const std::string&)> set) {
  impl_->names.push_back(name);
  impl_->with_value.push_back(name);
  CLI::Option* option = impl_->app.add_option_function<std::string>(name, std::move(set));
  option->type_name("value");  // what is missing where none stands behind the name
  option->check(std::move(check));
}

std::string Flags::Unknown(std::string_view word) const {
  if (!word.starts_with('-')) return "unexpected argument '" + std::string(word) + "'";
  const std::string_view name = word.substr(0, word.find('='));
  const std::string_view nearest = NearestWord(name, names());
  std::string text = "unknown flag '" + std::string(name) + "'";
  if (!nearest.empty()) text += "; did you mean " + std::string(nearest) + "?";
  return text;
}

}  // namespace thalweg
