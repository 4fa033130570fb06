// Answers of the program's own pages, which stand outside the base path: a text that no cache
// keeps.
#pragma once

#include <string_view>
#include <utility>

#include "http/cors.h"
#include "thalweg/http.h"

namespace thalweg {

inline constexpr std::string_view kTextType = "text/plain";

inline void SendText(Responder& responder, int status, std::string_view content_type, Bytes body) {
  HeaderList headers = SecurityFields();
  headers.Add("content-type", content_type);
  headers.Add("cache-control", "no-store");
  if (status == 405) headers.Add("allow", "GET, HEAD");
  responder.Respond(status, headers, std::move(body));
}

// These pages are read and nothing else. True: refused, and answered.
inline bool RefusedMethod(const Request& request, Responder& responder) {
  if (request.method == Method::kGet || request.method == Method::kHead) return false;
  SendText(responder, 405, kTextType, Bytes::Static("method not allowed\n"));
  return true;
}

}  // namespace thalweg
