// Walks over JSON texts without building anything: where does a value end, is it one? (RFC 8259)
//
// Pure. Does not judge UTF-8 inside strings. Nesting is counted, not recursed into.
#pragma once

#include <bitset>
#include <cstddef>
#include <string_view>

namespace thalweg {

inline constexpr size_t kJsonDepthMax = 512;

// Borrows the text. After a step that failed only error() may be asked.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  void SkipSpace();

  // Goes over one whole value. REQUIRES: no space stands before it.
  bool SkipValue();

  // Goes over `c` if it comes next.
  bool Take(char c);

  // Goes into an array whose elements the caller walks; "[" was taken. It counts as one level.
  void EnterArray() { depth_ = 1; }

  bool done() const { return at_ == end_; }
  size_t position() const { return static_cast<size_t>(at_ - begin_); }

  // What is wrong, in a few words.
  const char* error() const { return error_; }

 private:
  bool SkipScalar();
  bool SkipString();  // the opening quote was taken
  bool SkipEscape();
  bool SkipNumber();
  bool SkipDigits();
  bool SkipKey();
  bool SkipWord(std::string_view word);
  bool Open(bool is_object);
  bool EndValue(size_t depth_base, bool& another);
  bool Fail(const char* error);

  const char* begin_;
  const char* at_;
  const char* end_;
  size_t depth_ = 0;
  std::bitset<kJsonDepthMax> is_object_;  // by depth
  const char* error_ = "";
};

}  // namespace thalweg
