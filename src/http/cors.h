// What browsers must be told: on every response, and on a preflight. (protocol 12.7; WHATWG Fetch)
#pragma once

#include <string_view>

#include "http/head.h"
#include "thalweg/http.h"
#include "thalweg/options.h"

namespace thalweg {

inline constexpr std::string_view kAllowedMethods = "GET, HEAD, PUT, POST, DELETE, OPTIONS";

// The fields of every response: security always, CORS where it is on.
HeaderList CommonFields(const RouterOptions& options);

// Answers OPTIONS, a preflight or not.
void SendOptions(const RouterContext& context, Responder& responder);

}  // namespace thalweg
