#include "http/owned_request.h"

#include <string_view>
#include <utility>

#include "base/assert.h"

namespace thalweg {

namespace {

size_t BytesOf(const Request& request) {
  size_t bytes = request.path.size() + request.query.size() + request.scheme.size() +
                 request.authority.size() + request.mount.size();
  for (const HeaderField& field : request.headers) bytes += field.name.size() + field.value.size();
  return bytes;
}

}  // namespace

OwnedRequest::OwnedRequest(const Request& request)
    : body_(request.body_memory != nullptr ? std::move(*request.body_memory)
                                           : std::string(request.body)) {
  if (body_.capacity() - body_.size() > body_.size() / 8) body_.shrink_to_fit();  // it is counted
  // At once: the views stay where they point only if the text never moves.
  text_.reserve(BytesOf(request));
  const auto keep = [this](std::string_view part) {
    const size_t begin = text_.size();
    THALWEG_ASSERT(begin + part.size() <= text_.capacity());
    text_.append(part);
    return std::string_view(text_).substr(begin);
  };
  headers_.reserve(request.headers.size());
  for (const HeaderField& field : request.headers) {
    headers_.push_back({.name = keep(field.name), .value = keep(field.value)});
  }
  view_ = {.method = request.method,
           .path = keep(request.path),
           .query = keep(request.query),
           .scheme = keep(request.scheme),
           .authority = keep(request.authority),
           .mount = keep(request.mount),
           .headers = headers_,
           .body = body_,
           .body_memory = &body_};
}

}  // namespace thalweg
