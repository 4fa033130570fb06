#include "request_reader.h"

#include <algorithm>
#include <iterator>

#include "request_text.h"
#include "values.h"

namespace thalweg::node {

namespace {

constexpr Method kMethods[] = {Method::kGet,    Method::kHead,    Method::kPut,  Method::kPost,
                               Method::kDelete, Method::kOptions, Method::kOther};
constexpr uint32_t kTls = 8;
constexpr size_t kHeadBytesFirst = 4096;

// `value` as latin-1 in `text`, which keeps its room for the next request.
void ReadLatin1(napi_env env, napi_value value, std::string& text) {
  size_t length = 0;
  const auto read = [&](char* room, size_t bytes) {
    napi_get_value_string_latin1(env, value, room, bytes + 1, &length);
    return length;
  };
  const size_t bytes = std::max(text.capacity(), kHeadBytesFirst);
  text.resize_and_overwrite(bytes, read);
  if (length < bytes) return;
  napi_get_value_string_latin1(env, value, nullptr, 0, &length);
  text.resize_and_overwrite(length, read);
}

}  // namespace

Request RequestReader::Read(const Napi::CallbackInfo& info) {
  const uint32_t kind = info[0].As<Napi::Number>().Uint32Value();
  ReadLatin1(info.Env(), info[1], head_);
  Request request;
  request.method = kMethods[std::min<size_t>(kind % kTls, std::size(kMethods) - 1)];
  request.scheme = kind >= kTls ? "https" : "http";
  request.body = BytesOf(info[2]);
  ParseHead(head_, fields_, request);
  return request;
}

}  // namespace thalweg::node
