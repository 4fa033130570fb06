// Crosses threads: see the header.
#include "engine/stream_loader.h"

#include <mutex>
#include <utility>

#include "storage/stored_stream.h"
#include "stream/apply.h"

namespace thalweg {
StorageResult<Absence> StreamLoader::Load(const PathKey& key) {
  for (;;) {
    const auto looked = TryLoad(key);
    if (!looked) return std::unexpected(looked.error());
    if (*looked) return **looked;
  }
}

// Null: something changed meanwhile, look again.
StorageResult<std::optional<Absence>> StreamLoader::TryLoad(const PathKey& key) {
  StreamStore& store = *table_.store();
  if (InMemory(key.path) != nullptr) return Absence{};  // somebody else was quicker
  const uint64_t version = store.version();
  const Absence absent{.known = true, .version = version};
  auto found = store.Find(key.path);
  if (!found) {
    // Of what was removed since the last checkpoint nothing needs to be read.
    const auto entry = store.catalog().Find(key.path);
    if (entry && *entry && IsGone(key, (*entry)->id)) return absent;
    return std::unexpected(found.error());
  }
  if (!*found || IsGone(key, (*found)->entry.id)) return absent;
  auto chain = FindSources((*found)->entry);
  if (!chain) return std::unexpected(chain.error());
  if (!*chain) return std::nullopt;
  // It is entered from its root on: a fork holds its source.
  StreamHandle source = std::move((*chain)->in_memory);
  for (auto id = (*chain)->stored.rbegin(); id != (*chain)->stored.rend(); ++id) {
    const auto stored = store.Find(*id);
    if (!stored) return std::unexpected(stored.error());
    if (!*stored) return std::nullopt;
    auto stream = BuildAndEnter(**stored, std::move(source), version);
    if (!stream) return std::unexpected(stream.error());
    if (*stream == nullptr) return std::nullopt;
    source = *std::move(stream);
  }
  const auto stream = BuildAndEnter(**found, std::move(source), version);
  if (!stream) return std::unexpected(stream.error());
  return *stream == nullptr ? std::nullopt : std::optional(Absence{});
}

// Of a source no more than its id is kept: a chain may be long. Each is older than its fork, so
// that there is an end. Null: one was removed meanwhile.
StorageResult<std::optional<StreamLoader::Chain>> StreamLoader::FindSources(
    const CatalogEntry& loaded) {
  StreamStore& store = *table_.store();
  Chain chain;
  std::optional<CatalogEntry> source;
  for (const CatalogEntry* fork = &loaded;; fork = &*source) {
    const auto create = CreateOf(*fork);
    if (!create) return std::unexpected(create.error());
    const StreamId id = create->source;
    if (id == StreamId{}) return chain;
    if (id >= fork->id) return StreamDamage(*fork, "its source is younger than it is");
    auto found = store.catalog().Find(id);
    if (!found) return std::unexpected(found.error());
    if (!*found) {  // both may have been removed between the two looks
      const auto again = store.catalog().Find(fork->id);
      if (!again) return std::unexpected(again.error());
      if (!*again) return std::nullopt;
      return StreamDamage(*fork, "its source is nowhere");
    }
    source = *std::move(found);
    chain.in_memory = InMemory(source->path);
    if (chain.in_memory != nullptr && chain.in_memory->state.id == id) return chain;
    chain.in_memory = nullptr;
    chain.stored.push_back(id);
  }
}

StreamHandle StreamLoader::InMemory(std::string_view path) {
  const PathKey key(path);
  Partition& partition = table_.PartitionOf(key);
  std::lock_guard lock(partition.mutex);
  const auto it = partition.streams.find(key);
  return it == partition.streams.end() ? nullptr : *it;
}

bool StreamLoader::IsGone(const PathKey& key, StreamId id) {
  Partition& partition = table_.PartitionOf(key);
  std::lock_guard lock(partition.mutex);
  return partition.gone.contains(id.value);
}

// Null: what was read is stale, or somebody else was quicker.
StorageResult<StreamHandle> StreamLoader::BuildAndEnter(const StoredStream& stored,
                                                        StreamHandle source, uint64_t version) {
  auto restored = Restore(stored, table_.configs());
  if (!restored) return std::unexpected(restored.error());
  auto stream = Build(stored.entry, std::move(restored->state), restored->last, std::move(source));
  std::lock_guard lock(stream->home.mutex);
  return Enter(stream, version) ? stream : nullptr;
}

StreamHandle StreamLoader::Build(const CatalogEntry& entry, StreamState state, Lsn last,
                                 StreamHandle source) {
  const Offset tail = state.tail;
  auto stream = std::make_shared<StreamEntry>(table_.PartitionOf(PathKey(entry.path)),
                                              std::move(state), last, tail, std::move(source));
  stream->used_steady_ms =
      LatestUseMs(stream->state.config->expiry, stream->state.accessed_steady_ms);
  stream->stored = true;
  stream->due_ms = entry.due_ms;
  return stream;
}

StorageResult<StreamHandle> StreamLoader::StandIn(const CatalogEntry& entry) {
  const auto create = CreateOf(entry);
  if (!create) return std::unexpected(create.error());
  StreamHandle source;
  if (create->source != StreamId{}) {
    auto found = Find(create->source);
    if (!found && found.error().kind != StorageFault::Kind::kDamage) return found;
    if (found) source = *std::move(found);
  }
  return Build(entry, ApplyCreate(*create, table_.configs().Share(*create)), Lsn{},
               std::move(source));
}

bool StreamLoader::Enter(const StreamHandle& stream, uint64_t version) {
  const PathKey key(stream->state.path);
  if (table_.store()->version() != version || stream->home.streams.contains(key) ||
      stream->home.gone.contains(stream->state.id.value)) {
    return false;
  }
  table_.Insert(stream, table_.Now());
  return true;
}

StorageResult<StreamHandle> StreamLoader::Find(StreamId id) {
  for (;;) {
    const auto entry = table_.store()->catalog().Find(id);
    if (!entry) return std::unexpected(entry.error());
    if (!*entry) return nullptr;
    const PathKey key((*entry)->path);
    if (StreamHandle stream = InMemory(key.path); stream != nullptr) {
      return stream->state.id == id ? stream : nullptr;
    }
    const auto looked = Load(key);
    if (!looked) return std::unexpected(looked.error());
    if (looked->known) return nullptr;
  }
}

}  // namespace thalweg
