// Crosses threads: see the header.
#include "engine/stream_loader.h"

#include <mutex>
#include <utility>

#include "storage/stored_stream.h"

namespace thalweg {
StorageResult<Absence> StreamLoader::Look(const PathKey& key) {
  for (;;) {
    const auto looked = TryLook(key);
    if (!looked) return std::unexpected(looked.error());
    if (*looked) return **looked;
  }
}

// Null: something changed meanwhile, look again.
StorageResult<std::optional<Absence>> StreamLoader::TryLook(const PathKey& key) {
  StreamStore& store = *table_.store();
  if (InMemory(key.path) != nullptr) return Absence{};  // somebody else was quicker
  const uint64_t version = store.version();
  auto found = store.Find(key.path);
  if (!found) return std::unexpected(found.error());
  if (!*found) return Absence{.known = true, .version = version};
  {
    Partition& partition = table_.PartitionOf(key);
    std::lock_guard lock(partition.mutex);
    if (partition.gone.contains((*found)->entry.id.value)) {
      return Absence{.known = true, .version = version};
    }
  }
  // A chain of forks is entered from its root on: a fork holds its source.
  std::vector<StoredStream> chain;
  StreamHandle source;
  chain.push_back(**std::move(found));
  for (;;) {
    const auto create = CreateOf(chain.back().entry);
    if (!create) return std::unexpected(create.error());
    if (create->source == StreamId{}) break;
    auto next = store.Find(create->source);
    if (!next) return std::unexpected(next.error());
    if (store.version() != version) return std::nullopt;
    if (!*next) return StreamDamage(chain.back().entry, "its source is nowhere");
    source = InMemory((*next)->entry.path);
    if (source != nullptr && source->state.id == create->source) break;
    source = nullptr;
    chain.push_back(**std::move(next));
  }
  for (auto stored = chain.rbegin(); stored != chain.rend(); ++stored) {
    auto stream = Build(*stored, std::move(source));
    if (!stream) return std::unexpected(stream.error());
    if (!Enter(*stream, version)) return std::nullopt;
    source = *std::move(stream);
  }
  return Absence{};
}

StreamHandle StreamLoader::InMemory(std::string_view path) {
  const PathKey key(path);
  Partition& partition = table_.PartitionOf(key);
  std::lock_guard lock(partition.mutex);
  const auto it = partition.streams.find(key);
  return it == partition.streams.end() ? nullptr : *it;
}

StorageResult<StreamHandle> StreamLoader::Build(const StoredStream& stored, StreamHandle source) {
  auto restored = Restore(stored, table_.configs());
  if (!restored) return std::unexpected(restored.error());
  const Offset tail = restored->state.tail;
  Partition& partition = table_.PartitionOf(PathKey(stored.entry.path));
  auto stream = std::make_shared<StreamEntry>(partition, std::move(restored->state), restored->last,
                                              tail, std::move(source));
  stream->used_steady_ms =
      LatestUseMs(stream->state.config->expiry, stream->state.accessed_steady_ms);
  stream->stored = true;
  stream->due_ms = stored.entry.due_ms;
  return stream;
}

// False: what was read is stale, or somebody else was quicker.
bool StreamLoader::Enter(const StreamHandle& stream, uint64_t version) {
  const PathKey key(stream->state.path);
  std::lock_guard lock(stream->home.mutex);
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
    const auto looked = Look(key);
    if (!looked) return std::unexpected(looked.error());
    if (looked->known) return nullptr;
  }
}

}  // namespace thalweg
