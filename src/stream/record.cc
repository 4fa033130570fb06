#include "stream/record.h"

#include "base/assert.h"

namespace thalweg {
namespace {

bool IsValidExpiry(const Expiry& expiry) {
  switch (expiry.kind) {
    case Expiry::Kind::kNever:
      return expiry.ttl_s == 0 && expiry.at_ms == 0 && expiry.at_text.empty();
    case Expiry::Kind::kTtl:
      return expiry.ttl_s <= kTtlSecondsMax && expiry.at_ms == 0 && expiry.at_text.empty();
    case Expiry::Kind::kAt: return expiry.ttl_s == 0;
  }
  THALWEG_ASSERT(false);
}

bool IsValidConfig(const RequestedConfig& config, bool is_fork) {
  if (!IsValidExpiry(config.expiry)) return false;
  if (is_fork) return !config.fork_at || config.fork_at->value <= kOffsetMax;
  return config.fork_source.empty() && !config.fork_at && config.fork_sub_offset == 0;
}

bool IsValidRecord(const CreateRecord& record) {
  const bool is_fork = record.source != StreamId{};
  if (!IsValidConfig(record.requested, is_fork) || !IsValidExpiry(record.expiry)) return false;
  if (!is_fork && (record.start != Offset{} || !record.prefix.empty())) return false;
  if (record.start.value > kOffsetMax) return false;
  const uint64_t own_bytes = record.prefix.size() + record.data.size();
  return record.id != StreamId{} && own_bytes <= kOffsetMax - record.start.value;
}

bool IsValidRecord(const AppendRecord& record) {
  if (record.producer && record.producer->id.empty()) return false;
  return record.id != StreamId{} && (record.closes || !record.data.empty());
}

bool IsValidRecord(const RemoveRecord& record) { return record.id != StreamId{}; }

bool IsValidRecord(const TouchRecord& record) { return record.id != StreamId{}; }

}  // namespace

StreamId StreamOf(const Record& record) {
  return std::visit([](const auto& one) { return one.id; }, record);
}

bool IsValid(const Record& record) {
  return std::visit([](const auto& each) { return IsValidRecord(each); }, record);
}

}  // namespace thalweg
