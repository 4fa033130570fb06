// Crosses threads: events come from any router, results from the store; see thalweg/registry.h.
#include <atomic>
#include <mutex>
#include <utility>

#include "api/registry_event.h"
#include "api/teller.h"
#include "http/target.h"
#include "thalweg/registry.h"
#include "thalweg/store.h"

namespace thalweg {

namespace {

constexpr std::string_view kJson = "application/json";

std::string_view AdviceFor(StoreErrc code) {
  switch (code) {
    case StoreErrc::kClosed: return "; delete it, and the next event begins a new one";
    case StoreErrc::kContentTypeMismatch:
    case StoreErrc::kExists: return "; delete what stands there, or give the registry another path";
    default: return "";
  }
}

}  // namespace

// Shared by the hooks and by what is under way in the store.
class RegistryHooks::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Store& store, const std::string& path, Logger* logger)
      : store_(store), key_(ToldKeyOf(path)), teller_(logger) {}

  void Write(const StreamEvent& event, AnswerHold hold) {
    if (event.path == key_) return;
    Append({event, std::move(hold)});
  }

 private:
  // An event on its way; the answer waits as long as somebody has it.
  struct Entry {
    StreamEvent event;
    AnswerHold hold;
    bool was_created = false;  // the registry, for this entry
  };

  bool IsTrue(const StreamEvent& event);
  void Append(Entry entry);
  void CreateWith(Entry entry);
  void NoteSuccess() { is_failing_ = false; }
  void NoteFailure(const StoreError& error);

  Store& store_;
  const std::string key_;
  const Teller teller_;
  std::atomic<bool> is_failing_ = false;  // has been said

  // Held from the look whether an event is true until it has its place in the registry. The store
  // may call back meanwhile, within our call.
  std::recursive_mutex mutex_;
};

// Whether what stands at the path now is what `event` tells of; where nobody knows, it is believed.
// An event comes late where another router has changed the path since. That one is told of the
// change after it, so who comes last finds what is true, and what is not need not be written.
bool RegistryHooks::Impl::IsTrue(const StreamEvent& event) {
  const bool is_created = event.kind == StreamEvent::Kind::kCreated;
  const auto standing = store_.GetStaged(event.path);
  if (!standing) return standing.error().code != StoreErrc::kNotFound || !is_created;
  if (standing->soft_deleted) return !is_created;
  return is_created && standing->content_type == event.content_type;
}

// Most often the registry is there.
void RegistryHooks::Impl::Append(Entry entry) {
  const std::lock_guard lock(mutex_);
  if (!IsTrue(entry.event)) return;
  const std::string json = RegistryEventJson(entry.event);
  AppendOptions options;
  options.content_type = kJson;
  store_.AppendAsync(key_, json, options,
                     [self = shared_from_this(),
                      entry = std::move(entry)](StoreResult<AppendResult> result) mutable {
                       if (result) return self->NoteSuccess();
                       const bool may_create =
                           result.error().code == StoreErrc::kNotFound && !entry.was_created;
                       if (may_create) return self->CreateWith(std::move(entry));
                       self->NoteFailure(result.error());
                     });
}

// With the event in it, so that no later one can come before.
void RegistryHooks::Impl::CreateWith(Entry entry) {
  const std::lock_guard lock(mutex_);
  if (!IsTrue(entry.event)) return;
  entry.was_created = true;
  const std::string json = RegistryEventJson(entry.event);
  CreateOptions options;
  options.content_type = kJson;
  options.initial_data = json;
  store_.CreateAsync(key_, options,
                     [self = shared_from_this(),
                      entry = std::move(entry)](StoreResult<CreateResult> result) mutable {
                       if (!result) return self->NoteFailure(result.error());
                       if (!result->created) return self->Append(std::move(entry));  // by another
                       self->NoteSuccess();
                     });
}

// Once until it works again: every event would say the same.
void RegistryHooks::Impl::NoteFailure(const StoreError& error) {
  if (is_failing_.exchange(true)) return;
  teller_.Say(LogLevel::kWarning,
              "the registry stream '{}' cannot be written, and misses what is created and deleted "
              "meanwhile: {}{}",
              key_, error.message, AdviceFor(error.code));
}

RegistryHooks::RegistryHooks(Store& store, std::string path, Logger* logger)
    : impl_(std::make_shared<Impl>(store, path, logger)) {}

RegistryHooks::~RegistryHooks() = default;

LifecycleHooks RegistryHooks::hooks() {
  const StreamHook write = [impl = impl_](const StreamEvent& event, AnswerHold hold) {
    impl->Write(event, std::move(hold));
  };
  return {.on_created = write, .on_deleted = write};
}

}  // namespace thalweg
