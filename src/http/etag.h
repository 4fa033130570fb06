// Entity tags of pages, and If-None-Match. (protocol 10.1; RFC 9110 8.8.3, 13.1.2) Pure.
#pragma once

#include <string>
#include <string_view>

#include "http/coding.h"
#include "stream/ids.h"
#include "stream/offset.h"

namespace thalweg {

// What a tag stands for. The id tells incarnations of one path apart.
struct PageTag {
  StreamId stream;
  Offset start;
  Offset end;
  bool closed = false;  // the page tells of the closure
  Coding coding = Coding::kIdentity;
};

// Strong, in its quotes: "<id>:<start>:<end>[:c][:gzip]".
std::string MakeEtag(const PageTag& tag);

// Whether a list of tags, or "*", names `etag`; weak comparison. Malformed lists name nothing.
bool MatchesEtag(std::string_view if_none_match, std::string_view etag);

}  // namespace thalweg
