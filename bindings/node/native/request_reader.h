// Requests as lib/exchange.cjs hands them over: (kind, head, body).
//
// Keeps its room from request to request. The loop's thread only.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "thalweg/http.h"

namespace thalweg::node {

class RequestReader {
 public:
  // `kind` is the method's place in METHODS of lib/exchange.cjs, plus 8 over TLS; `head` is
  // "target\nmount\nname\nvalue\n…"; `body` is a Uint8Array or undefined.
  // ENSURES: what is given is valid until the next call, the body until the native call returns.
  Request Read(const Napi::CallbackInfo& info);

 private:
  std::string head_;
  std::vector<HeaderField> fields_;
};

}  // namespace thalweg::node
