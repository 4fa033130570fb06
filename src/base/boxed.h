// An optional value that is mostly absent and takes one pointer then: what a million streams need
// not pay for. Otherwise as std::optional; copying copies the value.
#pragma once

#include <concepts>
#include <memory>
#include <utility>

namespace thalweg {

template <typename T>
class Boxed {
 public:
  Boxed() = default;
  Boxed(const Boxed& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}
  Boxed(Boxed&&) = default;
  Boxed& operator=(Boxed other) {
    value_ = std::move(other.value_);
    return *this;
  }
  template <typename U>
    requires std::constructible_from<T, U> && (!std::same_as<std::remove_cvref_t<U>, Boxed>)
  Boxed& operator=(U&& value) {
    value_ = std::make_unique<T>(std::forward<U>(value));
    return *this;
  }

  bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  // REQUIRES: has_value().
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }

  // The value, made where there is none.
  T& Made() {
    if (value_ == nullptr) value_ = std::make_unique<T>();
    return *value_;
  }

  bool operator==(const Boxed& other) const {
    return has_value() == other.has_value() && (!has_value() || **this == *other);
  }
  bool operator==(const T& value) const { return has_value() && **this == value; }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace thalweg
