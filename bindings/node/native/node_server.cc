#include "node_server.h"

#include <system_error>
#include <utility>

#include "background.h"
#include "base/assert.h"
#include "node_store.h"
#include "values.h"

namespace thalweg::node {

namespace {

const char* CodeOf(ServerError::Code code) {
  switch (code) {
    case ServerError::Code::kPortInUse: return "EADDRINUSE";
    case ServerError::Code::kCannotListen: return "ERR_THALWEG_LISTEN";
    case ServerError::Code::kStore: return "ERR_THALWEG_STORE";
  }
  THALWEG_ASSERT(false);
}

}  // namespace

// What a worker thread makes and ends while the loop goes on.
struct NodeServer::Running {
  std::unique_ptr<Server> server;
  std::optional<ServerError> error;

  void Start(Store& store, ServerOptions options);
};

void NodeServer::Running::Start(Store& store, ServerOptions options) try {
  auto started = Server::Start(store, std::move(options));
  if (started) {
    server = std::move(*started);
  } else {
    error = std::move(started.error());
  }
} catch (const std::system_error& thrown) {  // of the standard library, for want of threads
  error = ServerError{.message = NoThread(thrown)};
}

Napi::Function NodeServer::Define(Napi::Env env) {
  return DefineClass(
      env, "Server",
      {InstanceMethod<&NodeServer::Start>("start"), InstanceMethod<&NodeServer::Stop>("stop"),
       InstanceMethod<&NodeServer::Port>("port")});
}

NodeServer::NodeServer(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<NodeServer>(info),
      addon_(AddonData::Of(info.Env())),
      home_(NodeStore::HomeOf(info[0])),
      faults_(NodeFaults::FaultsOf(info[1])) {
  const auto options = info[2].As<Napi::Object>();
  options_.host = GivenText(options, "host").value_or(options_.host);
  options_.port = static_cast<uint16_t>(GivenInteger(options, "port").value_or(options_.port));
  options_.threads = static_cast<size_t>(GivenInteger(options, "threads").value_or(0));
  options_.router = RouterOptionsOf(options);
  options_.faults = faults_.get();
  if (!info[3].IsFunction()) return;
  hook_id_ = addon_.hooks.Add(info[3].As<Napi::Function>());
  options_.router.hooks = addon_.hooks.HooksOf(*hook_id_);
}

NodeServer::~NodeServer() {
  EndNow();
  if (hook_id_) addon_.hooks.Remove(*hook_id_);
}

void NodeServer::EndNow() {
  addon_.servers.erase(this);
  if (running_ != nullptr) running_->server.reset();
  running_.reset();
  home_.reset();
}

Napi::Value NodeServer::Start(const Napi::CallbackInfo& info) {
  running_ = std::make_shared<Running>();
  return Background::Run(
      info.Env(),
      [running = running_, home = home_, options = options_]() mutable {
        running->Start(home->store(), std::move(options));
      },
      [this, running = running_, self = Napi::Persistent(Value())](Napi::Env env) -> Napi::Value {
        if (running->error) {
          running_.reset();
          home_.reset();
          auto error = Napi::Error::New(env, running->error->message);
          error.Set("code", CodeOf(running->error->code));
          return error.Value();
        }
        addon_.servers.insert(this);
        addon_.loop.Hold();
        return Napi::String::New(env, running->server->url());
      });
}

Napi::Value NodeServer::Stop(const Napi::CallbackInfo& info) {
  addon_.servers.erase(this);
  return Background::Run(
      info.Env(),
      [running = std::exchange(running_, nullptr)] {
        running->server->Stop();
        running->server.reset();
      },
      [this, self = Napi::Persistent(Value())](Napi::Env env) {
        addon_.loop.Release();
        home_.reset();
        return env.Undefined();
      });
}

Napi::Value NodeServer::Port(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), running_->server->port());
}

}  // namespace thalweg::node
