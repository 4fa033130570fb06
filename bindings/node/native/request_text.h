// A request's head as JavaScript hands it over, in one string.
//
// Pure. THREAD: any.
#pragma once

#include <string>
#include <vector>

#include "thalweg/http.h"

namespace thalweg::node {

// Splits "target\nmount\nname\nvalue\nname\nvalue" into `request`, brings names to lower case in
// place, and takes the authority from Host or, in HTTP/2, :authority. `fields` is the room for the
// headers.
// ENSURES: what `request` got views `head` and `fields`.
void ParseHead(std::string& head, std::vector<HeaderField>& fields, Request& request);

}  // namespace thalweg::node
