// Strings on their way into JSON. (RFC 8259 7) Pure.
#pragma once

#include <string>
#include <string_view>

namespace thalweg {

// Appends `text` to `out` as a JSON string, quotes included. Text that is no UTF-8 is taken for
// Latin-1, so that what comes out always is.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace thalweg
