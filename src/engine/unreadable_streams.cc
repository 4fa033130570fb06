#include "engine/unreadable_streams.h"

#include <algorithm>
#include <utility>

#include "storage/stored_stream.h"
#include "stream/config_pool.h"

namespace thalweg {
namespace {

class UnreadableSearch {
 public:
  explicit UnreadableSearch(const StreamStore& store) : store_(store) {}

  StorageResult<std::vector<UnreadableStream>> Run() {
    const auto looked = ForEachId(store_.catalog(), [this](StreamId id) { return LookAt(id); });
    if (!looked) return std::unexpected(looked.error());
    return std::move(found_);
  }

 private:
  StorageResult<void> LookAt(StreamId id) {
    auto entry = store_.catalog().Find(id);
    if (!entry) return std::unexpected(entry.error());
    if (!*entry) {
      return DamageFault("the catalog has no row of stream " + std::to_string(id.value));
    }
    const auto create = CreateOf(**entry);
    if (!create) return std::unexpected(create.error());
    const auto loads = Load(**entry, create->source);
    if (loads) return {};
    if (loads.error().kind != StorageFault::Kind::kDamage) return loads;
    if (loads.error().is_refusal) return DiskFault(loads.error().message);
    const StorageFault fault = StreamDamage(**entry, loads.error().message).error();
    found_.push_back({*std::move(*entry), fault});
    return {};
  }

  // A source is older than its forks, so it was looked at before them.
  StorageResult<void> Load(const CatalogEntry& entry, StreamId source) {
    if (source != StreamId{}) {
      const auto known = store_.catalog().Find(source);
      if (!known) return std::unexpected(known.error());
      if (!*known) return DamageFault("its source is nowhere");
      if (std::ranges::binary_search(found_, source, {}, IdOf)) {
        return DamageFault("its source at " + (*known)->path + " cannot be read");
      }
    }
    const auto stored = store_.Find(entry.id);
    if (!stored) return std::unexpected(stored.error());
    if (!Restore(**stored, configs_)) return DamageFault("its state cannot be read");
    return {};
  }

  static StreamId IdOf(const UnreadableStream& stream) { return stream.entry.id; }

  const StreamStore& store_;
  ConfigPool configs_;
  std::vector<UnreadableStream> found_;
};

}  // namespace

StorageResult<std::vector<UnreadableStream>> FindUnreadable(const StreamStore& store) {
  return UnreadableSearch(store).Run();
}

}  // namespace thalweg
