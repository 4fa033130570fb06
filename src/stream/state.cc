#include "stream/state.h"

namespace thalweg {
namespace {

// Expiries are equal that were written differently.
bool IsSame(const Expiry& a, const Expiry& b) { return a == b && a.at_text == b.at_text; }

}  // namespace

StreamConfig ConfigOf(const CreateRecord& record) {
  return {.requested = record.requested,
          .content_type = std::string(record.content_type),
          .kind = KindOf(record.content_type),
          .expiry = record.expiry};
}

bool IsConfigOf(const StreamConfig& config, const CreateRecord& record) {
  return config.content_type == record.content_type && config.requested == record.requested &&
         IsSame(config.requested.expiry, record.requested.expiry) &&
         IsSame(config.expiry, record.expiry);
}

}  // namespace thalweg
