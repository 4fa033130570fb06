// How long caches may keep a page: its Cache-Control. (protocol 5.6, 10.1; RFC 9111) Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stream/expiry.h"
#include "thalweg/options.h"

namespace thalweg {

enum class AskedFor : uint8_t {
  kOffset,
  // The URL is that of HEAD, which a cache may answer with what it keeps of a GET (RFC 9111 4): an
  // old tail. So it may keep it, but has to ask each time; also where nothing stands behind an
  // offset yet, for it would hide what comes.
  kNoOffset,
  kNow,  // what stands behind the tail is another place each time
};

// The policy `of` reads, for a request with credentials where `is_authorized`. RFC 9111 3.5:
// `public` lets a shared cache keep what was answered to such a one, and give it to one without.
CachePolicy PolicyFor(bool is_authorized, CachePolicy of);

// Of a stream that ends as `expiry` says: what is kept is gone with it, and where each read keeps
// the stream alive, a cache asks in time.
// REQUIRES: `policy` is PolicyFor the request, here and below.
std::string CacheControlOf(CachePolicy policy, AskedFor asked_for, const Expiry& expiry,
                           int64_t wall_ms);

// Of a response that goes on, and is to be asked for anew each time. (protocol 5.8)
std::string_view EventsCacheControlOf(CachePolicy policy);

}  // namespace thalweg
