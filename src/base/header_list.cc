#include <charconv>

#include "base/assert.h"
#include "thalweg/http.h"

namespace thalweg {

namespace {

constexpr std::string_view kColon = ": ";
constexpr std::string_view kLineEnd = "\r\n";

}  // namespace

void HeaderList::Add(std::string_view name, std::string_view value) {
  THALWEG_ASSERT(!name.empty());
  const Field field{static_cast<uint32_t>(wire_.size()), static_cast<uint32_t>(name.size()),
                    static_cast<uint32_t>(value.size())};
  wire_.append(name).append(kColon).append(value).append(kLineEnd);
  fields_.push_back(field);
}

void HeaderList::Add(std::string_view name, uint64_t value) {
  char digits[20];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, value);
  Add(name, std::string_view(digits, end.ptr));
}

void HeaderList::AddAll(const HeaderList& other) {
  THALWEG_ASSERT(&other != this);
  const auto shift = static_cast<uint32_t>(wire_.size());
  wire_.append(other.wire_);
  const size_t first = fields_.size();
  fields_.insert(fields_.end(), other.fields_.begin(), other.fields_.end());
  for (size_t i = first; i < fields_.size(); ++i) fields_[i].begin += shift;
}

void HeaderList::Reserve(size_t wire_bytes, size_t fields) {
  wire_.reserve(wire_bytes);
  fields_.reserve(fields);
}

void HeaderList::Truncate(size_t fields) {
  THALWEG_ASSERT(fields <= fields_.size());
  if (fields == fields_.size()) return;
  wire_.resize(fields_[fields].begin);
  fields_.resize(fields);
}

HeaderField HeaderList::operator[](size_t i) const {
  THALWEG_ASSERT(i < fields_.size());
  const Field& field = fields_[i];
  const std::string_view wire = wire_;
  return {wire.substr(field.begin, field.name_bytes),
          wire.substr(field.begin + field.name_bytes + kColon.size(), field.value_bytes)};
}

std::optional<std::string_view> HeaderList::Find(std::string_view name) const {
  for (size_t i = 0; i < fields_.size(); ++i) {
    const HeaderField field = (*this)[i];
    if (field.name == name) return field.value;
  }
  return std::nullopt;
}

}  // namespace thalweg
