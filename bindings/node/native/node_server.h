// DurableStreamTestServer's native half: a thalweg::Server on its own threads. The loop's thread
// only; starting and stopping wait on one of Node's worker threads.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "addon_data.h"
#include "node_faults.h"
#include "store_home.h"
#include "thalweg/server.h"

namespace thalweg::node {

class NodeServer final : public Napi::ObjectWrap<NodeServer>, public Ending {
 public:
  static Napi::Function Define(Napi::Env env);

  // (store, faults, options, onEvent | undefined), as checked by lib/server.cjs.
  explicit NodeServer(const Napi::CallbackInfo& info);
  ~NodeServer() override;

  void EndNow() override;

 private:
  struct Running;

  Napi::Value Start(const Napi::CallbackInfo& info);  // a promise of the URL
  Napi::Value Stop(const Napi::CallbackInfo& info);   // a promise
  Napi::Value Port(const Napi::CallbackInfo& info);

  AddonData& addon_;
  std::shared_ptr<StoreHome> home_;
  std::shared_ptr<FaultInjection> faults_;
  ServerOptions options_;
  std::optional<uint32_t> hook_id_;
  std::shared_ptr<Running> running_;  // null: not started, or stopped
};

}  // namespace thalweg::node
