// What browsers must be told: on every response, and on a preflight. (protocol 12.7; WHATWG Fetch)
#pragma once

#include <string_view>

#include "http/head.h"
#include "thalweg/http.h"
#include "thalweg/options.h"

namespace thalweg {

inline constexpr std::string_view kAllowedMethods = "GET, HEAD, PUT, POST, DELETE, OPTIONS";

// The fields of every response: security always, CORS where it is on. Answers to appends, which no
// cache keeps, carry those of CORS only where the request says Origin, as a browser's always does:
// they are most of such an answer.
HeaderList CommonFields(const RouterOptions& options);
HeaderList SecurityFields();

// Answers OPTIONS, a preflight or not.
void SendOptions(const RouterContext& context, Responder& responder);

}  // namespace thalweg
