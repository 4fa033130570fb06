// Flags with checked values on top of CLI11: each declared once, each mistake one clear sentence.
//
// Used while parsing, on one thread. CLI11's exceptions end in Parse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace thalweg {

class Flags {
 public:
  // Says what is wrong with a value; empty: nothing.
  using Check = std::function<std::string(const std::string&)>;

  Flags();
  ~Flags();

  // Every `out` keeps its value where the flag is not given, and outlives Parse.
  void Text(const std::string& name, std::string& out, Check check);
  void Duration(const std::string& name, int64_t& out_ms, int64_t min_ms = 1);
  void Size(const std::string& name, size_t& out_bytes);  // at least 1 byte
  void Number(const std::string& name, uint64_t min, uint64_t max,
              std::function<void(uint64_t)> set);
  void Choice(const std::string& name, std::vector<std::string> choices,
              std::function<void(const std::string&)> set);
  void Switch(const std::string& name, std::function<void()> set);
  // Two that undo each other: what is given last counts.
  void Toggle(const std::string& on, const std::string& off, bool& out);

  // Reads `words`; a mistake is returned as one sentence.
  std::optional<std::string> Parse(std::span<const std::string> words);

  // Every name declared, in order.
  std::vector<std::string_view> names() const;

 private:
  void Declare(const std::string& name, Check check, std::function<void(const std::string&)> set);
  std::string Unknown(std::string_view word) const;

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
