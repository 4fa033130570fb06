// Crosses threads: see thalweg/store.h.
#include "thalweg/store.h"

#include <atomic>
#include <semaphore>
#include <utility>

#include "api/engine_home.h"
#include "api/expiry_sweep.h"
#include "api/message_waits.h"
#include "api/store_commands.h"
#include "api/store_errors.h"
#include "base/assert.h"
#include "base/callback_queue.h"
#include "base/gated_executor.h"
#include "base/system_clock.h"
#include "base/worker_pool.h"
#include "engine/durable_waits.h"
#include "stream/content_type.h"
#include "thalweg/router.h"

namespace thalweg {
namespace {

// What an embedder gave, and the library's own where nothing was given.
class Seams {
 public:
  explicit Seams(const StoreOptions& options)
      : clock_(options.clock == nullptr ? &own_clock_.emplace() : options.clock),
        executor_(options.executor == nullptr ? &own_thread_.emplace("thalweg-tasks", 1)
                                              : options.executor) {}

  const Clock& clock() const { return *clock_; }
  Executor& executor() const { return *executor_; }

 private:
  std::optional<SystemClock> own_clock_;
  std::optional<WorkerPool> own_thread_;
  const Clock* const clock_;
  Executor* const executor_;
};

}  // namespace

class Store::Impl {
 public:
  Impl(std::unique_ptr<Seams> seams, std::unique_ptr<EngineHome> home)
      : seams_(std::move(seams)),
        home_(std::move(home)),
        callbacks_(seams_->executor()),
        durable_(DurableWaits::Of(home_->engine(), callbacks_)),
        commands_(home_->engine(), seams_->clock()),
        gate_(seams_->executor()),
        messages_(std::in_place, home_->engine(), commands_, seams_->clock(), gate_, callbacks_,
                  *durable_),
        sweep_(home_->engine(), gate_) {}

  // Ends what goes on; callbacks that call us meanwhile are refused.
  void Close();

  Engine& engine() { return home_->engine(); }
  StoreStats Stats() const { return closing_ ? StoreStats{} : home_->Stats(); }
  const Clock& clock() const { return seams_->clock(); }

  // Runs `command` and tells its result once it is durable: now, where it is.
  template <typename T, typename Command>
  void Run(Command command, StoreCallback<T> done) {
    THALWEG_ASSERT(done != nullptr);
    if (closing_) return done(Refuse(StoreErrc::kFailed));
    Tell(Pending<T>(command(commands_)), std::move(done));
  }

  // The same; waits.
  template <typename T, typename Command>
  StoreResult<T> RunAndWait(Command command) {
    if (closing_) return Refuse(StoreErrc::kFailed);
    return Await(Pending<T>(command(commands_)));
  }

  // The same, durable or not.
  template <typename T, typename Command>
  StoreResult<T> RunNow(Command command) {
    if (closing_) return Refuse(StoreErrc::kFailed);
    return command(commands_).result;
  }

  void WaitForMessages(std::string_view path, std::string_view offset, int64_t timeout_ms,
                       StoreCallback<WaitResult> done);
  // The same; waits.
  StoreResult<WaitResult> WaitForMessages(std::string_view path, std::string_view offset,
                                          int64_t timeout_ms);
  void CancelAllWaits() {
    if (!closing_) messages_->CancelAll();
  }

 private:
  template <typename T>
  StoreResult<T> Await(Pending<T> pending) {
    if (!durable_->Wait(pending.rests_on)) return Refuse(StoreErrc::kFailed);
    return std::move(pending.result);
  }
  template <typename T>
  void Tell(Pending<T> pending, StoreCallback<T> done) {
    if (durable_->IsDurable(pending.rests_on)) return done(std::move(pending.result));
    durable_->Add(pending.rests_on, [done = std::move(done),
                                     result = std::move(pending.result)](bool is_durable) mutable {
      if (!is_durable) return done(Refuse(StoreErrc::kFailed));
      done(std::move(result));
    });
  }

  const std::unique_ptr<Seams> seams_;
  std::unique_ptr<EngineHome> home_;
  CallbackQueue callbacks_;
  const std::shared_ptr<DurableWaits> durable_;
  const StoreCommands commands_;
  GatedExecutor gate_;
  std::optional<MessageWaits> messages_;
  ExpirySweep sweep_;
  std::atomic<bool> closing_{false};
};

// What is staged is committed while the engine ends; who waits for it hears of it after that.
void Store::Impl::Close() {
  closing_ = true;
  callbacks_.WaitForRunning();
  gate_.Close([this] { messages_.reset(); });
  home_.reset();
  durable_->End();
  callbacks_.Close();
}

void Store::Impl::WaitForMessages(std::string_view path, std::string_view offset,
                                  int64_t timeout_ms, StoreCallback<WaitResult> done) {
  THALWEG_ASSERT(done != nullptr);
  if (closing_) return done(Refuse(StoreErrc::kFailed));
  StoreCommands::FirstLook look = commands_.LookForMessages(path, offset);
  if (look.found) return Tell(*std::move(look.found), std::move(done));
  messages_->Start(std::move(look.stream), look.at, timeout_ms, std::move(done));
}

StoreResult<WaitResult> Store::Impl::WaitForMessages(std::string_view path, std::string_view offset,
                                                     int64_t timeout_ms) {
  if (closing_) return Refuse(StoreErrc::kFailed);
  StoreCommands::FirstLook look = commands_.LookForMessages(path, offset);
  if (look.found) return Await(*std::move(look.found));
  // Shared: the callback may still be in there when we have gone on.
  struct Sleep {
    std::binary_semaphore over{0};
    StoreResult<WaitResult> result;
  };
  const auto sleep = std::make_shared<Sleep>();
  messages_->Start(std::move(look.stream), look.at, timeout_ms,
                   [sleep](StoreResult<WaitResult> result) {
                     sleep->result = std::move(result);
                     sleep->over.release();
                   });
  // Who sleeps here may be a loop that has under way what is waited for.
  engine().CommitNow();
  sleep->over.acquire();
  return std::move(sleep->result);
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Store::~Store() { impl_->Close(); }

std::unique_ptr<Store> Store::InMemory(StoreOptions options) {
  auto seams = std::make_unique<Seams>(options);
  auto home = EngineHome::InMemory(seams->clock());
  return std::unique_ptr<Store>(
      new Store(std::make_unique<Impl>(std::move(seams), std::move(home))));
}

std::expected<std::unique_ptr<Store>, OpenError> Store::Open(const std::string& path,
                                                             StoreOptions options) {
  auto seams = std::make_unique<Seams>(options);
  auto home = EngineHome::OnDisk(path, options, seams->clock());
  if (!home) return std::unexpected(std::move(home.error()));
  return std::unique_ptr<Store>(
      new Store(std::make_unique<Impl>(std::move(seams), *std::move(home))));
}

Engine& Store::engine() { return impl_->engine(); }

const Clock& Store::clock() const { return impl_->clock(); }

void Store::CreateAsync(std::string_view path, const CreateOptions& options,
                        StoreCallback<CreateResult> done) {
  impl_->Run<CreateResult>([&](const StoreCommands& c) { return c.Create(path, options); },
                           std::move(done));
}

StoreResult<CreateResult> Store::Create(std::string_view path, const CreateOptions& options) {
  return impl_->RunAndWait<CreateResult>(
      [&](const StoreCommands& c) { return c.Create(path, options); });
}

void Store::AppendAsync(std::string_view path, std::string_view data, const AppendOptions& options,
                        StoreCallback<AppendResult> done) {
  impl_->Run<AppendResult>([&](const StoreCommands& c) { return c.Append(path, data, options); },
                           std::move(done));
}

StoreResult<AppendResult> Store::Append(std::string_view path, std::string_view data,
                                        const AppendOptions& options) {
  return impl_->RunAndWait<AppendResult>(
      [&](const StoreCommands& c) { return c.Append(path, data, options); });
}

void Store::CloseAsync(std::string_view path, const std::optional<Producer>& producer,
                       StoreCallback<AppendResult> done) {
  AppendOptions options;
  options.producer = producer;
  options.close = true;
  AppendAsync(path, {}, options, std::move(done));
}

StoreResult<AppendResult> Store::Close(std::string_view path,
                                       const std::optional<Producer>& producer) {
  AppendOptions options;
  options.producer = producer;
  options.close = true;
  return Append(path, {}, options);
}

void Store::RemoveAsync(std::string_view path, StoreCallback<bool> done) {
  impl_->Run<bool>([&](const StoreCommands& c) { return c.Remove(path); }, std::move(done));
}

StoreResult<bool> Store::Remove(std::string_view path) {
  return impl_->RunAndWait<bool>([&](const StoreCommands& c) { return c.Remove(path); });
}

void Store::ClearAsync(StoreCallback<void> done) {
  impl_->Run<void>([](const StoreCommands& c) { return c.Clear(); }, std::move(done));
}

StoreResult<void> Store::Clear() {
  return impl_->RunAndWait<void>([](const StoreCommands& c) { return c.Clear(); });
}

StoreResult<ReadResult> Store::Read(std::string_view path, const ReadOptions& options) {
  return impl_->RunAndWait<ReadResult>(
      [&](const StoreCommands& c) { return c.Read(path, options); });
}

void Store::WaitForMessagesAsync(std::string_view path, std::string_view offset, int64_t timeout_ms,
                                 StoreCallback<WaitResult> done) {
  impl_->WaitForMessages(path, offset, timeout_ms, std::move(done));
}

StoreResult<WaitResult> Store::WaitForMessages(std::string_view path, std::string_view offset,
                                               int64_t timeout_ms) {
  return impl_->WaitForMessages(path, offset, timeout_ms);
}

void Store::CancelAllWaits() { impl_->CancelAllWaits(); }

StoreResult<StreamDescription> Store::Get(std::string_view path) {
  return impl_->RunAndWait<StreamDescription>([&](const StoreCommands& c) { return c.Get(path); });
}

StoreResult<StreamDescription> Store::GetStaged(std::string_view path) {
  return impl_->RunNow<StreamDescription>([&](const StoreCommands& c) { return c.Get(path); });
}

StoreStats Store::Stats() const { return impl_->Stats(); }

bool Store::Has(std::string_view path) { return CurrentOffset(path).has_value(); }

StoreResult<std::string> Store::CurrentOffset(std::string_view path) {
  return impl_->RunAndWait<std::string>(
      [&](const StoreCommands& c) { return c.CurrentOffset(path); });
}

StoreResult<void> Store::Touch(std::string_view path) {
  return impl_->RunAndWait<void>([&](const StoreCommands& c) { return c.Touch(path); });
}

StoreResult<std::vector<std::string>> Store::List(std::string_view prefix, std::string_view after,
                                                  size_t limit) {
  return impl_->RunAndWait<std::vector<std::string>>(
      [&](const StoreCommands& c) { return c.List(prefix, after, limit); });
}

Bytes Store::FormatResponse(std::string_view content_type, std::span<const Message> messages) {
  const bool is_json = KindOf(content_type) == ContentKind::kJson;
  if (!is_json && messages.size() == 1) return messages.front().data;
  std::string body(is_json ? "[" : "");
  size_t bytes = 2;  // the brackets
  for (const Message& message : messages) bytes += message.data.size();
  body.reserve(bytes);
  for (const Message& message : messages) body.append(message.data.view());
  if (!is_json) return Bytes::Own(std::move(body));
  if (body.ends_with(',')) body.pop_back();
  body += ']';
  return Bytes::Own(std::move(body));
}

// Here, for what a router is made of knows no stores.
Router::Router(Store& store, Executor& executor, const RouterOptions& options, Executor* workers)
    : Router(store.engine(), executor, workers, store.clock(), options) {}

}  // namespace thalweg
