// Immutable bytes that many owners may share: what a body, an event or a page is made of.
//
// A value: copying shares, nothing is ever written through it. Any thread may hold a copy.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace thalweg {

class Bytes {
 public:
  Bytes() = default;

  // Takes over `text`; one allocation, no copy of long texts.
  static Bytes Own(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    std::string_view view = *owner;
    return Bytes(std::move(owner), view);
  }

  // Refers to text that lives as long as the program, such as a literal.
  static Bytes Static(std::string_view text) { return Bytes(nullptr, text); }

  // Shares `view`, which lives at least as long as `owner`.
  Bytes(std::shared_ptr<const void> owner, std::string_view view)
      : owner_(std::move(owner)), view_(view) {}

  Bytes(const Bytes&) = default;
  Bytes& operator=(const Bytes&) = default;
  // What was moved from is empty: nothing keeps its bytes any more.
  Bytes(Bytes&& other) noexcept
      : owner_(std::move(other.owner_)), view_(std::exchange(other.view_, {})) {}
  Bytes& operator=(Bytes&& other) noexcept {
    Bytes moved = std::move(other);
    owner_.swap(moved.owner_);
    view_ = moved.view_;
    return *this;
  }
  ~Bytes() = default;

  std::string_view view() const { return view_; }
  // What keeps them; null: they live as long as the program.
  const std::shared_ptr<const void>& owner() const { return owner_; }
  const char* data() const { return view_.data(); }
  size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }

  // The part from `begin`, at most `length` bytes. REQUIRES: begin <= size().
  Bytes Slice(size_t begin, size_t length = std::string_view::npos) const {
    return Bytes(owner_, view_.substr(begin, length));
  }

 private:
  std::shared_ptr<const void> owner_;
  std::string_view view_;
};

}  // namespace thalweg
