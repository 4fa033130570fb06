// One line of JSON: numbers and names, in the order in which they were added. Names and texts are
// our own and need no escapes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace thalweg::bench {

class JsonLine {
 public:
  void Add(std::string_view name, int64_t value) { Key(name) += fmt::format("{}", value); }
  void Add(std::string_view name, double value) { Key(name) += fmt::format("{:.3f}", value); }
  void Add(std::string_view name, std::string_view text) {
    Key(name) += fmt::format("\"{}\"", text);
  }

  // What is added until End() stands in an object of its own.
  void Begin(std::string_view name) { Key(name) += '{'; }
  void End() { text_ += '}'; }

  std::string Text() const { return text_ + "}"; }

 private:
  std::string& Key(std::string_view name) {
    if (text_.back() != '{') text_ += ", ";
    return text_ += fmt::format("\"{}\": ", name);
  }

  std::string text_ = "{";
};

}  // namespace thalweg::bench
