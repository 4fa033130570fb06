// Answers on their way to Node's `http.ServerResponse`s.
//
// A JsResponse is what a router writes to. It lives in a slot whose number JavaScript knows it by.
// While the native call that began it is under way it only collects; most answers end within that
// call and are its return value. Later parts go to `deliver` of lib/exchange.cjs. The loop's thread
// only.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "head_cache.h"
#include "loop_executor.h"
#include "thalweg/http.h"

namespace thalweg::node {

class JsResponses;

class JsResponse final : public Responder {
 public:
  JsResponse(JsResponses& owner, uint32_t slot) : owner_(owner), slot_(slot) {}

  void Start(int status, const HeaderList& headers,
             std::optional<uint64_t> content_length) override;
  bool Write(Bytes bytes) override;
  bool WriteFile(FileRange range) override;
  void Finish() override { End(Ending::kFinished); }
  void Abort() override { End(Ending::kAborted); }
  void SetEvents(ResponderEvents* events) override { events_ = events; }
  void Respond(int status, const HeaderList& headers, Bytes body) override;

  uint32_t slot() const { return slot_; }

 private:
  friend class JsResponses;
  enum class Ending : uint8_t { kNone, kFinished, kAborted };

  void TakeHead(int status, const HeaderList& headers, std::optional<uint64_t> content_length);
  void End(Ending ending);
  void Reset();

  JsResponses& owner_;
  const uint32_t slot_;
  ResponderEvents* events_ = nullptr;
  bool collecting_ = true;   // inside the call that began it
  bool full_ = false;        // Write gave false while collecting
  bool gone_ = false;        // the client is; what is written goes nowhere
  bool incomplete_ = false;  // a file could not be read: the client must see that bytes are missing
  bool cancelling_ = false;  // inside OnCancel

  // What JavaScript has not been given yet.
  int status_ = 0;  // 0: no head
  HeaderList headers_;
  std::optional<uint64_t> length_;  // to be told
  std::vector<Bytes> body_;
  size_t body_bytes_ = 0;
  Ending ending_ = Ending::kNone;
};

class JsResponses {
 public:
  explicit JsResponses(LoopExecutor& loop) : loop_(loop) {}
  JsResponses(const JsResponses&) = delete;
  JsResponses& operator=(const JsResponses&) = delete;

  // `deliver(slot, status, head, body, ending)` gives false where the socket is full. `state` is
  // where numbers are left, see lib/heads.cjs.
  void Connect(Napi::Function deliver, Napi::Int32Array state);

  JsResponse& Begin();

  // Forgets a response that nobody will write to.
  void Drop(JsResponse& response) { Free(response); }

  // Ends the collecting. A whole answer is given back as the text of its head, with the status in
  // state[0] and 1 in state[1] where TakeBody() has a body. Else undefined, with the slot in
  // state[0], and 1 in state[1] where Flush() has something to deliver.
  Napi::Value Settle(JsResponse& response);
  Napi::Value TakeBody();
  void Flush(uint32_t slot);  // frees the slot where the answer has ended, also behind OnClose

  // From the ServerResponse. A slot that has ended is passed over.
  void OnDrain(uint32_t slot);
  void OnClose(uint32_t slot);

  // As if every client were gone.
  void CloseAll();

 private:
  friend class JsResponse;

  bool Deliver(JsResponse& response);
  void Free(JsResponse& response);
  JsResponse* Find(uint32_t slot);
  Napi::Value HeadOf(const JsResponse& response);
  Napi::Value BufferOf(const Bytes& bytes);

  LoopExecutor& loop_;
  Napi::FunctionReference deliver_;
  Napi::Reference<Napi::Int32Array> state_keeper_;
  int32_t* state_ = nullptr;
  std::vector<std::unique_ptr<JsResponse>> slots_;
  std::vector<uint32_t> free_;
  HeadCache heads_;
  HeadCache::Difference difference_;
  Bytes taken_body_;  // of the answer that Settle gave back last
};

}  // namespace thalweg::node
