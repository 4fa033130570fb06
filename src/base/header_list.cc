// HeaderList of thalweg/http.h. Here in base because net and http both link it.
#include <charconv>

#include "base/assert.h"
#include "thalweg/http.h"

namespace thalweg {

namespace {

constexpr std::string_view kSeparator = ": ";
constexpr std::string_view kLineEnd = "\r\n";

}  // namespace

void HeaderList::Add(std::string_view name, std::string_view value) {
  THALWEG_ASSERT(!name.empty());
  THALWEG_ASSERT(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  fields_.push_back({.begin = static_cast<uint32_t>(wire_.size()),
                     .name_bytes = static_cast<uint32_t>(name.size()),
                     .value_bytes = static_cast<uint32_t>(value.size())});
  wire_.append(name).append(kSeparator).append(value).append(kLineEnd);
}

void HeaderList::Add(std::string_view name, uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  Add(name, std::string_view(digits, end));
}

void HeaderList::AddAll(const HeaderList& other) {
  const auto shift = static_cast<uint32_t>(wire_.size());
  wire_ += other.wire_;
  fields_.reserve(fields_.size() + other.fields_.size());
  for (Field field : other.fields_) {
    field.begin += shift;
    fields_.push_back(field);
  }
}

void HeaderList::Clear() {
  wire_.clear();
  fields_.clear();
}

HeaderField HeaderList::operator[](size_t i) const {
  THALWEG_ASSERT(i < fields_.size());
  const Field& field = fields_[i];
  const std::string_view wire = wire_;
  return {.name = wire.substr(field.begin, field.name_bytes),
          .value = wire.substr(field.begin + field.name_bytes + kSeparator.size(),
                               field.value_bytes)};
}

std::optional<std::string_view> HeaderList::Find(std::string_view name) const {
  for (size_t i = 0; i < fields_.size(); ++i) {
    const HeaderField field = (*this)[i];
    if (field.name == name) return field.value;
  }
  return std::nullopt;
}

}  // namespace thalweg
