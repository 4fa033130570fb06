#include "head_cache.h"

#include <algorithm>

namespace thalweg::node {

void HeadCache::Tell(const HeaderList& headers, std::optional<uint64_t> length,
                     Difference& difference) {
  fields_.clear();
  for (size_t i = 0; i < headers.size(); ++i) fields_.push_back(headers[i]);
  if (length) {
    length_text_ = std::to_string(*length);
    fields_.push_back({.name = "content-length", .value = length_text_});
  }
  difference.text.clear();
  Head* head = Find();
  if (head == nullptr) {
    difference.head = -1;
    if (heads_.size() < kHeadsMax) {
      difference.head = static_cast<int32_t>(heads_.size());
      head = &heads_.emplace_back();
      for (const HeaderField& field : fields_) {
        head->names.emplace_back(field.name);
        head->values.emplace_back(field.value);
      }
    }
    return TellWhole(difference);
  }
  difference.head = static_cast<int32_t>(head - heads_.data());
  difference.count = 0;
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (head->values[i] == fields_[i].value) continue;
    head->values[i] = fields_[i].value;
    if (difference.count == kDifferencesMax) {
      std::transform(fields_.begin(), fields_.end(), head->values.begin(),
                     [](const HeaderField& field) { return std::string(field.value); });
      return TellWhole(difference);
    }
    if (difference.count > 0) difference.text += '\n';
    difference.text += fields_[i].value;
    difference.fields[difference.count++] = static_cast<int32_t>(i);
  }
}

HeadCache::Head* HeadCache::Find() {
  const auto same_name = [](const std::string& name, const HeaderField& field) {
    return name == field.name;
  };
  const auto found = std::find_if(heads_.begin(), heads_.end(), [&](const Head& head) {
    return std::equal(head.names.begin(), head.names.end(), fields_.begin(), fields_.end(),
                      same_name);
  });
  return found == heads_.end() ? nullptr : &*found;
}

void HeadCache::TellWhole(Difference& difference) const {
  difference.count = -1;
  difference.text.clear();
  for (const HeaderField& field : fields_) {
    if (!difference.text.empty()) difference.text += '\n';
    difference.text.append(field.name).append(1, '\n').append(field.value);
  }
}

}  // namespace thalweg::node
