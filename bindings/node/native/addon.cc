// The addon: what lib/native.cjs loads.
#include <napi.h>

#include <optional>
#include <random>
#include <string>

#include "addon_data.h"
#include "http/cors.h"
#include "http/target.h"
#include "node_faults.h"
#include "node_router.h"
#include "node_server.h"
#include "node_store.h"
#include "thalweg/cursor.h"
#include "thalweg/path_encoding.h"
#include "values.h"

namespace thalweg::node {

namespace {

uint64_t Dice() {
  std::random_device random;
  return (uint64_t{random()} << 32) | random();
}

// ({deliver, state, setTimer, warn, fail}): what native code calls, and where it leaves numbers.
Napi::Value Connect(const Napi::CallbackInfo& info) {
  AddonData& addon = AddonData::Of(info.Env());
  const auto given = info[0].As<Napi::Object>();
  const auto function = [&given](const char* name) { return given.Get(name).As<Napi::Function>(); };
  addon.responses.Connect(function("deliver"), given.Get("state").As<Napi::Int32Array>());
  addon.loop.UseTimers(function("setTimer"));
  addon.warnings.Connect(function("warn"), function("fail"));
  return info.Env().Undefined();
}

// (): before JavaScript hears that a store refuses.
Napi::Value TellFailures(const Napi::CallbackInfo& info) {
  AddonData::Of(info.Env()).warnings.TellFailures();
  return info.Env().Undefined();
}

// What JavaScript tells of a response or a timer, each with its number.
Napi::Value Flush(const Napi::CallbackInfo& info) {
  AddonData::Of(info.Env()).responses.Flush(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}
Napi::Value Drained(const Napi::CallbackInfo& info) {
  AddonData::Of(info.Env()).responses.OnDrain(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}
Napi::Value Closed(const Napi::CallbackInfo& info) {
  AddonData::Of(info.Env()).responses.OnClose(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}
Napi::Value TakeBody(const Napi::CallbackInfo& info) {
  return AddonData::Of(info.Env()).responses.TakeBody();
}
Napi::Value FireTimer(const Napi::CallbackInfo& info) {
  AddonData::Of(info.Env()).loop.FireTimer(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}
Napi::Value ReleaseHook(const Napi::CallbackInfo& info) {
  AddonData::Of(info.Env()).hooks.Release(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

// (cors): "name\nvalue\n…" of the fields that every answer carries.
Napi::Value CommonFieldsText(const Napi::CallbackInfo& info) {
  RouterOptions options;
  options.cors = info[0].As<Napi::Boolean>();
  const HeaderList fields = CommonFields(options);
  std::string text;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!text.empty()) text += '\n';
    text.append(fields[i].name).append(1, '\n').append(fields[i].value);
  }
  return Napi::String::New(info.Env(), text);
}

// (nowMs, options)
Napi::Value Cursor(const Napi::CallbackInfo& info) {
  const std::string cursor = CalculateCursor(info[0].As<Napi::Number>().Int64Value(),
                                             CursorOptionsOf(info[1].As<Napi::Object>()));
  return Napi::String::New(info.Env(), cursor);
}

// (client | undefined, nowMs, options)
Napi::Value ResponseCursor(const Napi::CallbackInfo& info) {
  std::optional<std::string> client;
  if (info[0].IsString()) client = info[0].As<Napi::String>().Utf8Value();
  const std::string cursor =
      GenerateResponseCursor(client, info[1].As<Napi::Number>().Int64Value(), Dice(),
                             CursorOptionsOf(info[2].As<Napi::Object>()));
  return Napi::String::New(info.Env(), cursor);
}

Napi::Value EncodePath(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), EncodeStreamPath(info[0].As<Napi::String>().Utf8Value()));
}
Napi::Value DecodePath(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), DecodeStreamPath(info[0].As<Napi::String>().Utf8Value()));
}

// (path): as hooks are told of the stream there.
Napi::Value ToldKeyOfPath(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), ToldKeyOf(info[0].As<Napi::String>().Utf8Value()));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto addon = std::make_unique<AddonData>(env);
  napi_add_env_cleanup_hook(
      env, [](void* data) { static_cast<AddonData*>(data)->End(); }, addon.get());
  env.SetInstanceData(addon.release());
  exports.Set("Store", NodeStore::Define(env));
  exports.Set("Router", NodeRouter::Define(env));
  exports.Set("Server", NodeServer::Define(env));
  exports.Set("Faults", NodeFaults::Define(env));
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  add("connect", Connect);
  add("flush", Flush);
  add("drained", Drained);
  add("closed", Closed);
  add("takeBody", TakeBody);
  add("fireTimer", FireTimer);
  add("tellFailures", TellFailures);
  add("releaseHook", ReleaseHook);
  add("commonFields", CommonFieldsText);
  add("calculateCursor", Cursor);
  add("generateResponseCursor", ResponseCursor);
  add("encodeStreamPath", EncodePath);
  add("decodeStreamPath", DecodePath);
  add("toldKeyOf", ToldKeyOfPath);
  return exports;
}

NODE_API_MODULE(thalweg, Init)

}  // namespace

}  // namespace thalweg::node
