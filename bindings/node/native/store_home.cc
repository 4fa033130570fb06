#include "store_home.h"

#include <utility>

namespace thalweg::node {

StoreHome::Opened StoreHome::Open(LoopExecutor& loop, Warnings& warnings, const std::string& path) {
  auto log = warnings.MakeLog();
  StoreOptions options;
  options.executor = &loop;
  options.logger = log.get();
  options.on_failure = [&warnings](const std::string& why) { warnings.Tell(why); };
  if (path.empty()) {
    return std::make_shared<StoreHome>(std::move(log), Store::InMemory(std::move(options)), false);
  }
  auto store = Store::Open(path, std::move(options));
  if (!store) return std::unexpected(store.error());
  return std::make_shared<StoreHome>(std::move(log), std::move(*store), true);
}

}  // namespace thalweg::node
