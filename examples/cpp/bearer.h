// Bearer tokens in front of streams: who shows none, or another, is answered 401. THREAD: any.
#pragma once

#include <string_view>

#include "thalweg/http.h"

// Whether `request` shows `token`. Takes as long for a wrong one as for a right one.
inline bool ShowsToken(const thalweg::Request& request, std::string_view token) {
  constexpr std::string_view kScheme = "Bearer ";
  for (const thalweg::HeaderField& field : request.headers) {
    if (field.name != "authorization" || !field.value.starts_with(kScheme)) continue;
    const std::string_view shown = field.value.substr(kScheme.size());
    if (shown.size() != token.size()) return false;
    unsigned char differs = 0;
    for (size_t i = 0; i < token.size(); ++i) {
      differs |= static_cast<unsigned char>(shown[i] ^ token[i]);
    }
    return differs == 0;
  }
  return false;
}

inline void RefuseStranger(thalweg::Responder& responder) {
  thalweg::HeaderList headers;
  headers.Add("Content-Type", "text/plain");
  headers.Add("WWW-Authenticate", "Bearer");
  responder.Respond(401, headers, thalweg::Bytes::Static("show a token\n"));
}
