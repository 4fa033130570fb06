#include "node_router.h"

#include <utility>

#include "http/owned_request.h"
#include "http/relay.h"
#include "node_store.h"
#include "values.h"

namespace thalweg::node {

Napi::Function NodeRouter::Define(Napi::Env env) {
  return DefineClass(
      env, "Router",
      {InstanceMethod<&NodeRouter::Handle>("handle"),
       InstanceMethod<&NodeRouter::Shutdown>("shutdown"), InstanceMethod<&NodeRouter::End>("end")});
}

NodeRouter::NodeRouter(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<NodeRouter>(info), addon_(AddonData::Of(info.Env())) {
  home_ = NodeStore::HomeOf(info[0]);
  if (home_ == nullptr) return;  // closed: Handle says so
  RouterOptions options = RouterOptionsOf(info[1].As<Napi::Object>());
  if (info[2].IsFunction()) {
    hook_id_ = addon_.hooks.Add(info[2].As<Napi::Function>());
    options.hooks = addon_.hooks.HooksOf(*hook_id_);
  }
  const bool on_disk = home_->on_disk();
  Executor& executor = on_disk ? *home_->thread() : static_cast<Executor&>(addon_.loop);
  Executor* workers = on_disk ? nullptr : &home_->workers();
  router_ = std::make_unique<Router>(home_->store(), executor, options, workers);
  addon_.routers.insert(this);
}

NodeRouter::~NodeRouter() { EndNow(); }

void NodeRouter::EndNow() {
  if (home_ == nullptr) return;
  addon_.routers.erase(this);
  if (home_->on_disk()) {
    // On its own thread, behind the requests that it was given.
    home_->thread()->Post([router = std::move(router_)]() mutable { router.reset(); });
  }
  router_.reset();
  if (hook_id_) addon_.hooks.Remove(*hook_id_);
  home_.reset();
}

Napi::Value NodeRouter::Handle(const Napi::CallbackInfo& info) {
  if (router_ == nullptr) return info.Env().Null();
  const Request request = reader_.Read(info);
  JsResponse& response = addon_.responses.Begin();
  if (home_->on_disk()) {
    HandleOnThread(request, response);
  } else {
    router_->Handle(request, response);
  }
  return addon_.responses.Settle(response);
}

void NodeRouter::HandleOnThread(const Request& request, JsResponse& response) {
  const auto relay = std::make_shared<Relay>(addon_.loop, home_->thread(), response);
  relay->Open();
  home_->thread()->Post(
      [router = router_.get(), relay, owned = std::make_unique<OwnedRequest>(request)] {
        router->Handle(owned->view(), *relay);
      });
}

Napi::Value NodeRouter::Shutdown(const Napi::CallbackInfo& info) {
  if (router_ == nullptr) return info.Env().Undefined();
  if (home_->on_disk()) {
    home_->thread()->Post([router = router_.get()] { router->Shutdown(); });
  } else {
    router_->Shutdown();
  }
  return info.Env().Undefined();
}

Napi::Value NodeRouter::End(const Napi::CallbackInfo& info) {
  EndNow();
  return info.Env().Undefined();
}

}  // namespace thalweg::node
