#include "store_home.h"

#include <system_error>
#include <utility>

namespace thalweg::node {

namespace {

StoreHome::Opened OpenAt(const std::string& path, StoreOptions options,
                         std::unique_ptr<Warnings::Log> log) {
  auto store = Store::Open(path, std::move(options));
  if (!store) return std::unexpected(store.error());
  auto home = std::make_shared<StoreHome>(std::move(log), std::move(*store), true);
  home->thread().Start();
  return home;
}

}  // namespace

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
