// The protocol's fields of one request, found in a single pass. Borrows from the request. Pure.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string_view>

#include "http/refusal.h"
#include "thalweg/http.h"

namespace thalweg {

struct RequestFields {
  using Field = std::optional<std::string_view>;

  Field content_type;
  Field content_encoding;
  Field stream_seq;
  Field stream_ttl;
  Field stream_expires_at;
  Field stream_closed;
  Field forked_from;
  Field fork_offset;
  Field fork_sub_offset;
  Field producer_id;
  Field producer_epoch;
  Field producer_seq;

  bool has_origin = false;     // Origin, which browsers send with all that CORS may concern
  bool if_none_match = false;  // it stands there
  bool must_be_new = false;    // If-None-Match: *

  // Stream-Closed is "true", whatever its case; any other value is as good as none.
  bool closes() const;
};

// Refuses a field that stands there twice, one that a stream would keep and that is too long, a
// coding of the body, of which readers would not be told, and If-Match. Where `ignores_content`,
// Content-Type and Content-Encoding are as good as none. (protocol 5.2)
std::expected<RequestFields, Refusal> FindFields(std::span<const HeaderField> headers,
                                                 bool ignores_content = false);

// If-Match or If-None-Match, of a change. What is not judged is not ignored either: who sends it
// has others change the stream.
Refusal EntityTagRefusal();

}  // namespace thalweg
