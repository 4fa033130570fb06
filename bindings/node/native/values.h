// Conversions between JavaScript's values and ours. The loop's thread only.
//
// JavaScript has checked the types, so values are read as what they are: to convert one takes
// script, which a worker thread that is being ended runs no more, and is fatal then.
#pragma once

#include <napi.h>

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "thalweg/bytes.h"
#include "thalweg/cursor.h"
#include "thalweg/options.h"
#include "thalweg/store.h"

namespace thalweg::node {

// A property that is there and neither undefined nor null.
std::optional<Napi::Value> Given(const Napi::Object& object, const char* name);
std::optional<std::string> GivenText(const Napi::Object& object, const char* name);
std::optional<int64_t> GivenInteger(const Napi::Object& object, const char* name);
std::optional<uint64_t> GivenCount(const Napi::Object& object, const char* name);
bool GivenTrue(const Napi::Object& object, const char* name);

// Whether script can run: not in a worker thread that is being ended, where each property is as one
// that is not there. What was read of options before this said so is whole.
bool CanRun(Napi::Env env);

// What `function` gives; an empty value where it threw, with the exception pending.
// (Napi::FunctionReference::Call gives the function itself then.)
Napi::Value CallOf(const Napi::FunctionReference& function,
                   std::initializer_list<napi_value> arguments);

// The bytes of a Buffer or another Uint8Array; of anything else none. Valid for the call.
std::string_view BytesOf(const Napi::Value& value);
Napi::Value CopyOf(Napi::Env env, const Bytes& bytes);

Napi::Value NumberOf(Napi::Env env, uint64_t number);
Napi::Value NumberOrUndefined(Napi::Env env, const std::optional<uint64_t>& number);
Napi::Value TextOrUndefined(Napi::Env env, const std::optional<std::string>& text);

// Options as lib/options.cjs has checked them.
RouterOptions RouterOptionsOf(const Napi::Object& options);
CursorOptions CursorOptionsOf(const Napi::Object& options);

// Results as lib/store-results.cjs takes them.
Napi::Object FailureOf(Napi::Env env, const StoreError& error);
Napi::Value ValueOf(Napi::Env env, bool result);
Napi::Value ValueOf(Napi::Env env, const CreateResult& result);
Napi::Value ValueOf(Napi::Env env, const AppendResult& result);
Napi::Value ValueOf(Napi::Env env, const ReadResult& result);
Napi::Value ValueOf(Napi::Env env, const WaitResult& result);
Napi::Value ValueOf(Napi::Env env, const StreamDescription& result);

template <typename T>
Napi::Value ResultOf(Napi::Env env, const StoreResult<T>& result) {
  if (!result) return FailureOf(env, result.error());
  return ValueOf(env, *result);
}
inline Napi::Value ResultOf(Napi::Env env, const StoreResult<void>& result) {
  if (!result) return FailureOf(env, result.error());
  return env.Undefined();
}

}  // namespace thalweg::node
