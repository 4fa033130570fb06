#include "stream/json_text.h"

#include <simdjson.h>

#include "base/ascii.h"

namespace thalweg {

void AppendJsonString(std::string_view text, std::string& out) {
  const bool is_utf8 = simdjson::validate_utf8(text.data(), text.size());
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || (byte >= 0x80 && !is_utf8)) {
      out += "\\u00";
      AppendHex(byte, out);
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace thalweg
