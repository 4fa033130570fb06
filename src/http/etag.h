// Entity tags of pages, and If-None-Match. (protocol 10.1; RFC 9110 8.8.3, 13.1.2) Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/coding.h"
#include "stream/ids.h"
#include "stream/offset.h"

namespace thalweg {

// What a tag stands for. The id tells incarnations of one path apart, within the life of an engine.
struct PageTag {
  uint64_t life = 0;  // Engine::life
  StreamId stream;
  Offset start;
  Offset end;
  bool at_tail = true;  // the page tells that it is up to date
  bool closed = false;  // the page tells of the closure
  Coding coding = Coding::kIdentity;
};

// Strong, in its quotes: "<life>-<id>:<start>:<end>[:m][:c][:gzip]", `m` where there is more.
std::string MakeEtag(const PageTag& tag);

// Whether a list of tags, or "*", names `etag`; weak comparison. Malformed lists name nothing. An
// empty `etag` stands for none: only "*" names it.
bool MatchesEtag(std::string_view if_none_match, std::string_view etag);

}  // namespace thalweg
