#include "request_text.h"

namespace thalweg::node {

namespace {

// Cuts the first line off `rest`, without its end.
std::string_view TakeLine(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

void LowerCase(std::string& text, std::string_view part) {
  char* at = text.data() + (part.data() - text.data());
  for (char* end = at + part.size(); at != end; ++at) {
    if (*at >= 'A' && *at <= 'Z') *at = static_cast<char>(*at | 0x20);
  }
}

}  // namespace

void ParseHead(std::string& head, std::vector<HeaderField>& fields, Request& request) {
  std::string_view rest = head;
  const std::string_view target = TakeLine(rest);
  const size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  request.mount = TakeLine(rest);
  fields.clear();
  while (!rest.empty()) {
    const std::string_view name = TakeLine(rest);
    LowerCase(head, name);
    fields.push_back({.name = name, .value = TakeLine(rest)});
    if (name == "host" || name == ":authority") request.authority = fields.back().value;
  }
  request.headers = fields;
}

}  // namespace thalweg::node
