#include "node_store.h"

#include <optional>
#include <utility>
#include <vector>

#include "background.h"
#include "base/assert.h"
#include "values.h"

namespace thalweg::node {

namespace {

// What an empty store takes, so that V8 collects those that nobody holds.
constexpr int64_t kStoreBytes = 512 << 10;

const char* CodeOf(OpenError::Code code) {
  switch (code) {
    case OpenError::Code::kDisk: return "ERR_THALWEG_DISK";
    case OpenError::Code::kForeign: return "ERR_THALWEG_FOREIGN";
    case OpenError::Code::kDamage: return "ERR_THALWEG_DAMAGE";
  }
  THALWEG_ASSERT(false);
}

DirectorySettings SettingsOf(const Napi::Object& given) {
  DirectorySettings settings;
  settings.path = GivenText(given, "dataDir").value_or("");
  settings.log_file_bytes = GivenCount(given, "logFileBytes").value_or(settings.log_file_bytes);
  settings.tail_bytes_max = GivenCount(given, "tailBytesMax").value_or(settings.tail_bytes_max);
  settings.failure_number = static_cast<uint32_t>(GivenCount(given, "failureNumber").value_or(0));
  return settings;
}

std::string PathOf(const Napi::Value& value) { return value.As<Napi::String>().Utf8Value(); }

std::optional<Producer> ProducerOf(const Napi::Object& options) {
  auto id = GivenText(options, "producerId");
  if (!id) return std::nullopt;
  return Producer{.id = std::move(*id),
                  .epoch = GivenCount(options, "producerEpoch").value_or(0),
                  .seq = GivenCount(options, "producerSeq").value_or(0)};
}

ReadOptions ReadOptionsOf(const Napi::CallbackInfo& info) {
  return {.offset = info[1].As<Napi::String>().Utf8Value(),
          .bytes_max = static_cast<size_t>(info[2].As<Napi::Number>().Int64Value()),
          .touch = info.Length() < 4 || info[3].As<Napi::Boolean>()};
}

}  // namespace

Napi::Function NodeStore::Define(Napi::Env env) {
  return DefineClass(
      env, "Store",
      {InstanceMethod<&NodeStore::Create>("create"), InstanceMethod<&NodeStore::Append>("append"),
       InstanceMethod<&NodeStore::CloseStream>("closeStream"),
       InstanceMethod<&NodeStore::CloseStreamAndWait>("closeStreamAndWait"),
       InstanceMethod<&NodeStore::Remove>("remove"), InstanceMethod<&NodeStore::Clear>("clear"),
       InstanceMethod<&NodeStore::Wait>("wait"), InstanceMethod<&NodeStore::Read>("read"),
       InstanceMethod<&NodeStore::ReadInBackground>("readInBackground"),
       InstanceMethod<&NodeStore::Get>("get"), InstanceMethod<&NodeStore::Has>("has"),
       InstanceMethod<&NodeStore::Touch>("touch"), InstanceMethod<&NodeStore::List>("list"),
       InstanceMethod<&NodeStore::CancelAllWaits>("cancelAllWaits"),
       InstanceMethod<&NodeStore::FormatResponse>("formatResponse"),
       InstanceMethod<&NodeStore::Close>("close")});
}

std::shared_ptr<StoreHome> NodeStore::HomeOf(const Napi::Value& store) {
  const NodeStore* const found = Unwrap(store.As<Napi::Object>());
  return found != nullptr ? found->home_ : nullptr;
}

NodeStore::NodeStore(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<NodeStore>(info), addon_(AddonData::Of(info.Env())) {
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), kStoreBytes);
  const DirectorySettings settings = SettingsOf(info[0].As<Napi::Object>());
  if (!CanRun(info.Env())) return;
  auto home = StoreHome::Open(addon_.loop, addon_.warnings, settings);
  if (!home) {
    auto error = Napi::Error::New(info.Env(), home.error().message);
    error.Set("code", CodeOf(home.error().code));
    error.ThrowAsJavaScriptException();
    return;
  }
  home_ = std::move(*home);
  addon_.stores.insert(this);
}

NodeStore::~NodeStore() {
  EndNow();
  Napi::MemoryManagement::AdjustExternalMemory(Env(), -kStoreBytes);
}

void NodeStore::EndNow() {
  addon_.stores.erase(this);
  home_.reset();
}

// `done` in C++. THREAD: the store may call it, and let go of it, on any.
template <typename T>
StoreCallback<T> NodeStore::DoneOf(const Napi::Value& done) {
  return [&dones = addon_.dones, ticket = addon_.dones.Add(done.As<Napi::Function>())](
             StoreResult<T> result) { dones.Call(ticket, std::move(result)); };
}

Napi::Value NodeStore::Create(const Napi::CallbackInfo& info) {
  const auto given = info[1].As<Napi::Object>();
  const Napi::Value initial_data = given.Get("initialData");
  const CreateOptions options{
      .content_type = GivenText(given, "contentType"),
      .ttl_s = GivenCount(given, "ttlSeconds"),
      .expires_at = GivenText(given, "expiresAt"),
      .initial_data = BytesOf(initial_data),
      .closed = GivenTrue(given, "closed"),
      .forked_from = GivenText(given, "forkedFrom"),
      .fork_offset = GivenText(given, "forkOffset"),
      .fork_sub_offset = GivenCount(given, "forkSubOffset").value_or(0),
  };
  if (!CanRun(info.Env())) return info.Env().Undefined();
  store().CreateAsync(PathOf(info[0]), options, DoneOf<CreateResult>(info[2]));
  return info.Env().Undefined();
}

Napi::Value NodeStore::Append(const Napi::CallbackInfo& info) {
  const auto given = info[2].As<Napi::Object>();
  const AppendOptions options{
      .content_type = GivenText(given, "contentType"),
      .producer = ProducerOf(given),
      .stream_seq = GivenText(given, "seq"),
      .close = GivenTrue(given, "close"),
  };
  if (!CanRun(info.Env())) return info.Env().Undefined();
  store().AppendAsync(PathOf(info[0]), BytesOf(info[1]), options, DoneOf<AppendResult>(info[3]));
  return info.Env().Undefined();
}

Napi::Value NodeStore::CloseStream(const Napi::CallbackInfo& info) {
  const auto producer = ProducerOf(info[1].As<Napi::Object>());
  if (!CanRun(info.Env())) return info.Env().Undefined();
  store().CloseAsync(PathOf(info[0]), producer, DoneOf<AppendResult>(info[2]));
  return info.Env().Undefined();
}

Napi::Value NodeStore::CloseStreamAndWait(const Napi::CallbackInfo& info) {
  return ResultOf(info.Env(), store().Close(PathOf(info[0])));
}

Napi::Value NodeStore::Remove(const Napi::CallbackInfo& info) {
  store().RemoveAsync(PathOf(info[0]), DoneOf<bool>(info[1]));
  return info.Env().Undefined();
}

Napi::Value NodeStore::Clear(const Napi::CallbackInfo& info) {
  store().ClearAsync(DoneOf<void>(info[0]));
  return info.Env().Undefined();
}

Napi::Value NodeStore::Wait(const Napi::CallbackInfo& info) {
  store().WaitForMessagesAsync(PathOf(info[0]), info[1].As<Napi::String>().Utf8Value(),
                               info[2].As<Napi::Number>().Int64Value(),
                               DoneOf<WaitResult>(info[3]));
  return info.Env().Undefined();
}

Napi::Value NodeStore::Read(const Napi::CallbackInfo& info) {
  return ResultOf(info.Env(), store().Read(PathOf(info[0]), ReadOptionsOf(info)));
}

Napi::Value NodeStore::ReadInBackground(const Napi::CallbackInfo& info) {
  const auto result = std::make_shared<std::optional<StoreResult<ReadResult>>>();
  return Background::Run(
      info.Env(),
      [home = home_, path = PathOf(info[0]), options = ReadOptionsOf(info), result] {
        result->emplace(home->store().Read(path, options));
      },
      [result](Napi::Env env) { return ResultOf(env, **result); });
}

Napi::Value NodeStore::Get(const Napi::CallbackInfo& info) {
  return ResultOf(info.Env(), store().Get(PathOf(info[0])));
}

Napi::Value NodeStore::Has(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), store().Has(PathOf(info[0])));
}

Napi::Value NodeStore::Touch(const Napi::CallbackInfo& info) {
  return ResultOf(info.Env(), store().Touch(PathOf(info[0])));
}

Napi::Value NodeStore::List(const Napi::CallbackInfo& info) {
  const auto keys = store().List();
  if (!keys) return FailureOf(info.Env(), keys.error());
  auto list = Napi::Array::New(info.Env(), keys->size());
  for (uint32_t i = 0; i < list.Length(); ++i) list.Set(i, (*keys)[i]);
  return list;
}

Napi::Value NodeStore::CancelAllWaits(const Napi::CallbackInfo& info) {
  store().CancelAllWaits();
  return info.Env().Undefined();
}

Napi::Value NodeStore::FormatResponse(const Napi::CallbackInfo& info) {
  const auto buffers = info[1].As<Napi::Array>();
  std::vector<Message> messages(buffers.Length());
  for (uint32_t i = 0; i < messages.size(); ++i) {
    const Napi::Value buffer = buffers[i];
    messages[i].data = Bytes(nullptr, BytesOf(buffer));  // JavaScript keeps it for the call
  }
  return CopyOf(info.Env(), Store::FormatResponse(PathOf(info[0]), messages));
}

Napi::Value NodeStore::Close(const Napi::CallbackInfo& info) {
  addon_.stores.erase(this);
  return Background::Run(
      info.Env(), [home = std::exchange(home_, nullptr)]() mutable { home.reset(); },
      [&loop = addon_.loop](Napi::Env env) {
        loop.RunPosted();  // what the store told at its end comes before its end
        return env.Undefined();
      });
}

}  // namespace thalweg::node
