// DurableStreamRouter's native half: a thalweg::Router that answers Node's requests.
//
// Over memory the router runs on Node's loop, so that most answers are the return value of the call
// that brought the request. Over a data directory it runs on the store's thread, and the loop never
// waits for the disk. The loop's thread only.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "addon_data.h"
#include "request_reader.h"
#include "store_home.h"
#include "thalweg/http.h"
#include "thalweg/router.h"

namespace thalweg::node {

class NodeRouter final : public Napi::ObjectWrap<NodeRouter>, public Ending {
 public:
  static Napi::Function Define(Napi::Env env);

  // (store, options, onEvent | undefined), as checked by lib/router.cjs.
  explicit NodeRouter(const Napi::CallbackInfo& info);
  ~NodeRouter() override;

  void EndNow() override;

 private:
  // (kind, head, body), see RequestReader. Gives what JsResponses::Settle gives, or null where the
  // router or its store has ended.
  Napi::Value Handle(const Napi::CallbackInfo& info);
  Napi::Value Shutdown(const Napi::CallbackInfo& info);
  Napi::Value End(const Napi::CallbackInfo& info);

  void HandleOnThread(const Request& request, JsResponse& response);

  AddonData& addon_;
  std::shared_ptr<StoreHome> home_;  // null: ended
  std::optional<uint32_t> hook_id_;
  std::unique_ptr<Router> router_;
  RequestReader reader_;
};

}  // namespace thalweg::node
