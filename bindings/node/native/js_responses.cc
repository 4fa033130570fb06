#include "js_responses.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/http_status.h"
#include "http/file_bytes.h"
#include "values.h"

namespace thalweg::node {

namespace {

constexpr size_t kSharedBytesMin = 64u << 10;  // less is cheaper to copy than to share

// Of an answer that goes on for long: beyond, it waits for its client.
constexpr size_t kCollectedBytesMax = 64u << 10;

Bytes Joined(const std::vector<Bytes>& parts) {
  if (parts.size() == 1) return parts.front();
  std::string text;
  size_t bytes = 0;
  for (const Bytes& part : parts) bytes += part.size();
  text.reserve(bytes);
  for (const Bytes& part : parts) text.append(part.view());
  return Bytes::Own(std::move(text));
}

}  // namespace

void JsResponse::TakeHead(int status, const HeaderList& headers,
                          std::optional<uint64_t> content_length) {
  status_ = status;
  headers_ = headers;
  length_ = StatusHasBody(status) ? content_length : std::nullopt;
}

void JsResponse::Start(int status, const HeaderList& headers,
                       std::optional<uint64_t> content_length) {
  TakeHead(status, headers, content_length);
  // A head whose length is known has its body behind it at once.
  if (!collecting_ && !content_length) owner_.Deliver(*this);
}

bool JsResponse::Write(Bytes bytes) {
  if (gone_) return true;
  body_bytes_ += bytes.size();
  body_.push_back(std::move(bytes));
  if (!collecting_) return owner_.Deliver(*this);
  full_ = body_bytes_ > kCollectedBytesMax;
  return !full_;
}

bool JsResponse::WriteFile(FileRange range) {
  auto bytes = ReadFileRange(range);
  if (bytes) return Write(std::move(*bytes));
  incomplete_ = true;
  return true;
}

void JsResponse::Respond(int status, const HeaderList& headers, Bytes body) {
  TakeHead(status, headers, body.size());
  if (!body.empty()) body_.push_back(std::move(body));
  End(Ending::kFinished);
}

void JsResponse::End(Ending ending) {
  if (cancelling_) return;
  ending_ = incomplete_ ? Ending::kAborted : ending;
  events_ = nullptr;
  if (collecting_) return;
  if (!gone_) owner_.Deliver(*this);
  owner_.Free(*this);
}

void JsResponse::Reset() {
  events_ = nullptr;
  collecting_ = true;
  full_ = gone_ = incomplete_ = cancelling_ = false;
  status_ = 0;
  body_.clear();
  body_bytes_ = 0;
  ending_ = Ending::kNone;
}

void JsResponses::Connect(Napi::Function deliver, Napi::Int32Array state) {
  deliver_ = Napi::Persistent(deliver);
  state_keeper_ = Napi::Persistent(state);
  state_ = state.Data();
}

JsResponse& JsResponses::Begin() {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.push_back(std::make_unique<JsResponse>(*this, free_.back()));
  }
  JsResponse& response = *slots_[free_.back()];
  free_.pop_back();
  return response;
}

Napi::Value JsResponses::Settle(JsResponse& response) {
  const bool whole = response.ending_ == JsResponse::Ending::kFinished;
  if (!whole) {
    response.collecting_ = false;
    state_[0] = static_cast<int32_t>(response.slot_);
    state_[1] = response.status_ != 0 || response.ending_ != JsResponse::Ending::kNone;
    return loop_.env().Undefined();
  }
  state_[0] = response.status_;
  state_[1] = !response.body_.empty();
  taken_body_ = response.body_.empty() ? Bytes() : Joined(response.body_);
  const Napi::Value head = HeadOf(response);
  Free(response);
  return head;
}

Napi::Value JsResponses::TakeBody() { return BufferOf(std::exchange(taken_body_, Bytes())); }

void JsResponses::Flush(uint32_t slot) {
  JsResponse* response = Find(slot);
  if (response == nullptr) return;
  const bool ended = response->ending_ != JsResponse::Ending::kNone;
  const bool room = Deliver(*response);
  if (ended) return Free(*response);
  if (room && std::exchange(response->full_, false)) OnDrain(slot);
}

void JsResponses::OnDrain(uint32_t slot) {
  JsResponse* response = Find(slot);
  if (response != nullptr && response->events_ != nullptr) response->events_->OnWritable();
}

void JsResponses::OnClose(uint32_t slot) {
  JsResponse* response = Find(slot);
  if (response == nullptr) return;
  response->gone_ = true;
  if (response->events_ == nullptr) return;  // the router still ends it, or Flush frees it
  response->cancelling_ = true;
  std::exchange(response->events_, nullptr)->OnCancel();
  Free(*response);
}

void JsResponses::CloseAll() {
  for (const auto& response : slots_) OnClose(response->slot_);
}

// Gives JavaScript what has come together. False: its socket is full.
bool JsResponses::Deliver(JsResponse& response) {
  const Napi::Env env = loop_.env();
  if (loop_.closed() || response.gone_) return true;
  Napi::HandleScope scope(env);
  const int status = std::exchange(response.status_, 0);
  const napi_value head = status != 0 ? HeadOf(response) : env.Undefined();
  const napi_value body =
      response.body_.empty() ? env.Undefined() : BufferOf(Joined(response.body_));
  response.body_.clear();
  response.body_bytes_ = 0;
  const auto ending = static_cast<int>(response.ending_);
  const Napi::Value room =
      CallOf(deliver_, {Napi::Number::New(env, response.slot_), Napi::Number::New(env, status),
                        head, body, Napi::Number::New(env, ending)});
  return room.IsEmpty() || room.As<Napi::Boolean>();
}

void JsResponses::Free(JsResponse& response) {
  response.Reset();
  free_.push_back(response.slot_);
}

JsResponse* JsResponses::Find(uint32_t slot) {
  if (slot >= slots_.size() || slots_[slot]->collecting_) return nullptr;
  return slots_[slot].get();
}

// The text of the head; its numbers are left in `state`.
Napi::Value JsResponses::HeadOf(const JsResponse& response) {
  heads_.Tell(response.headers_, response.length_, difference_);
  state_[2] = difference_.head;
  state_[3] = difference_.count;
  std::copy(std::begin(difference_.fields), std::end(difference_.fields), state_ + 4);
  napi_value text = nullptr;
  napi_create_string_latin1(loop_.env(), difference_.text.data(), difference_.text.size(), &text);
  return Napi::Value(loop_.env(), text);
}

Napi::Value JsResponses::BufferOf(const Bytes& bytes) {
  const Napi::Env env = loop_.env();
  if (bytes.size() < kSharedBytesMin) {
    return Napi::Buffer<char>::Copy(env, bytes.data(), bytes.size());
  }
  auto keeper = std::make_unique<Bytes>(bytes);
  const auto forget = [](napi_env, void*, void* kept) {
    std::unique_ptr<Bytes>(static_cast<Bytes*>(kept)).reset();
  };
  void* data = const_cast<char*>(bytes.data());  // nobody writes to what a response sends
  napi_value buffer = nullptr;
  if (napi_create_external_buffer(env, bytes.size(), data, forget, keeper.get(), &buffer) !=
      napi_ok) {
    return Napi::Buffer<char>::Copy(env, bytes.data(), bytes.size());
  }
  static_cast<void>(keeper.release());
  return Napi::Value(env, buffer);
}

}  // namespace thalweg::node
