// What a status code of HTTP alone says of an answer. Pure.
#pragma once

namespace thalweg {

// Whether an answer may have a body, and so a Content-Length: no 1xx, 204 and 304 has one, though a
// 304 may tell the length of what it stands for. (RFC 9110 6.4.1, 8.6)
constexpr bool StatusHasBody(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace thalweg
