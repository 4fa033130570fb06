#include "store_home.h"

#include <system_error>
#include <utility>

#include "base/assert.h"

namespace thalweg::node {

namespace {

constexpr const char* kThreadName = "thalweg-node";

StoreHome::Opened OpenAt(const std::string& path, StoreOptions options,
                         std::unique_ptr<Warnings::Log> log) {
  auto store = Store::Open(path, std::move(options));
  if (!store) return std::unexpected(store.error());
  return std::make_shared<StoreHome>(std::move(log), std::move(*store), true);
}

}  // namespace

void LazyWorkers::Post(Task task) {
  try {
    if (!pool_) pool_.emplace(kThreadName, 1);
  } catch (const std::system_error&) {  // of the standard library, for want of threads
    return task();
  }
  pool_->Post(std::move(task));
}

void LazyWorkers::PostAfter(int64_t /*delay_ms*/, Task /*task*/) {
  THALWEG_ASSERT(false);  // nobody compresses later
}

StoreHome::StoreHome(std::unique_ptr<Warnings::Log> log, std::unique_ptr<Store> store, bool on_disk)
    : log_(std::move(log)), store_(std::move(store)), on_disk_(on_disk) {
  if (on_disk_) thread_ = std::make_shared<WorkerPool>(kThreadName, 1);
}

// What its thread still does needs the store.
StoreHome::~StoreHome() {
  if (thread_ != nullptr) thread_->Stop();
}

StoreHome::Opened StoreHome::Open(LoopExecutor& loop, Warnings& warnings,
                                  const DirectorySettings& settings) {
  auto log = warnings.MakeLog();
  StoreOptions options;
  options.executor = &loop;
  options.logger = log.get();
  if (settings.path.empty()) {
    return std::make_shared<StoreHome>(std::move(log), Store::InMemory(std::move(options)), false);
  }
  options.log_file_bytes = settings.log_file_bytes;
  options.tail_bytes_max = settings.tail_bytes_max;
  options.on_failure = [&warnings, number = settings.failure_number](const StoreFailure& failure) {
    warnings.TellFailure(number, failure);
  };
  try {
    return OpenAt(settings.path, std::move(options), std::move(log));
  } catch (const std::system_error& error) {  // of the standard library, for want of threads
    return std::unexpected(OpenError{OpenError::Code::kDisk,
                                     "data directory " + settings.path + ": " + NoThread(error)});
  }
}

}  // namespace thalweg::node
