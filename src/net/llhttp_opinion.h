// For tests and fuzzers: what llhttp, in strict mode, makes of a head that RequestHead has
// accepted.
#pragma once

#include <llhttp.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "net/request_head.h"

namespace thalweg {

struct LlhttpHead {
  struct Field {
    std::string name;  // in lower case
    std::string value;
  };

  bool accepted = false;
  std::string target;
  std::vector<Field> fields;
  llhttp_t state{};  // as it was at the head's end

  static LlhttpHead& Of(llhttp_t* parser) { return *static_cast<LlhttpHead*>(parser->data); }

  std::string_view method() const {
    return llhttp_method_name(static_cast<llhttp_method_t>(state.method));
  }
  bool keep_alive() const { return llhttp_should_keep_alive(&state) != 0; }
  bool chunked() const { return (state.flags & F_CHUNKED) != 0; }
};

inline LlhttpHead AskLlhttp(std::string_view bytes) {
  LlhttpHead head;
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_url = [](llhttp_t* parser, const char* at, size_t length) {
    LlhttpHead::Of(parser).target.append(at, length);
    return 0;
  };
  settings.on_header_field = [](llhttp_t* parser, const char* at, size_t length) {
    std::vector<LlhttpHead::Field>& fields = LlhttpHead::Of(parser).fields;
    if (fields.empty() || fields.back().value.ends_with('\n')) fields.emplace_back();
    for (const char c : std::string_view(at, length)) fields.back().name += LowerAscii(c);
    return 0;
  };
  settings.on_header_value = [](llhttp_t* parser, const char* at, size_t length) {
    LlhttpHead::Of(parser).fields.back().value.append(at, length);
    return 0;
  };
  settings.on_header_value_complete = [](llhttp_t* parser) {
    LlhttpHead::Of(parser).fields.back().value +=
        '\n';  // no value holds one: the next name is another field's
    return 0;
  };
  settings.on_headers_complete = [](llhttp_t* parser) {
    LlhttpHead::Of(parser).accepted = true;
    LlhttpHead::Of(parser).state = *parser;
    return static_cast<int>(HPE_PAUSED);  // bodies are not its business
  };
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  parser.data = &head;
  llhttp_execute(&parser, bytes.data(), bytes.size());
  for (LlhttpHead::Field& field : head.fields) {
    while (!field.value.empty() && std::string_view(" \t\n").contains(field.value.back())) {
      field.value.pop_back();  // it leaves white space at the end to its user
    }
  }
  return head;
}

// Where the two differ on purpose; each with a head that shows it (request_head_differential_test).
enum class KnownDifference : uint8_t {
  kNone,
  // RFC 9110 5.6.3: a tab is white space like a space. Behind the value of a field that means
  // something to llhttp, it refuses it (Content-Length) or does not know the value (the others).
  kTabInAFieldThatItReads,
  // RFC 9112 9.3: close ends the connection, also beside keep-alive. llhttp keeps it in HTTP/1.0.
  kCloseBesideKeepAliveInHttp10,
};

inline KnownDifference KnownDifferenceOf(const RequestHead& head) {
  std::string options;
  for (const HeaderField& field : head.request().headers) {
    if (field.name != "connection" && field.name != "content-length" &&
        field.name != "transfer-encoding") {
      continue;
    }
    const char* const begin = field.value.data();
    const char* const end = std::ranges::find(begin, std::unreachable_sentinel, '\r');
    if (std::ranges::find(begin, end, '\t') != end) return KnownDifference::kTabInAFieldThatItReads;
    if (field.name == "connection") options.append(",").append(field.value);
  }
  std::ranges::transform(options, options.begin(), LowerAscii);
  const bool both = options.contains("close") && options.contains("keep-alive");
  return head.http10() && both ? KnownDifference::kCloseBesideKeepAliveInHttp10
                               : KnownDifference::kNone;
}

// `bytes` with 1.1 for a higher minor version: RFC 9110 2.5 tells to read it so, llhttp refuses it.
// REQUIRES: RequestHead accepts `bytes`.
inline std::string AtMostVersion11(std::string_view bytes) {
  std::string head(bytes);
  char& minor = head[head.find("\r\n", head.find("HTTP/1.")) - 1];
  if (minor > '1') minor = '1';
  return head;
}

// Whether path, query, scheme and authority are those of `target`, found without ParseTarget.
inline bool IsTargetOf(const Request& request, std::string_view target) {
  std::string origin(request.path);
  if (target.contains('?')) origin.append("?").append(request.query);
  if (target.starts_with('/') || target == "*") return origin == target;
  std::string prefix(request.scheme);
  prefix.append("://").append(request.authority);
  if (!EqualIgnoringCase(target.substr(0, prefix.size()), prefix)) return false;
  const std::string_view rest = target.substr(prefix.size());
  if (rest.empty()) return origin == (request.method == Method::kOptions ? "*" : "/");
  return origin == (rest.starts_with('?') ? "/" + std::string(rest) : rest);
}

// How llhttp's reading of `bytes`, an accepted head, differs from ours; empty: not at all.
inline std::string DifferenceFromLlhttp(const RequestHead& head, std::string_view bytes) {
  static constexpr std::string_view kMethods[] = {"GET",  "HEAD",   "PUT",
                                                  "POST", "DELETE", "OPTIONS"};
  const LlhttpHead other = AskLlhttp(AtMostVersion11(bytes));
  const Request& request = head.request();
  if (!other.accepted) return "llhttp refuses it";
  if (request.method == Method::kOther) {
    if (std::ranges::find(kMethods, other.method()) != std::end(kMethods)) return "method";
  } else if (other.method() != kMethods[static_cast<size_t>(request.method)]) {
    return "method";
  }
  if (!IsTargetOf(request, other.target)) return "target: " + other.target;
  if (other.state.http_major != 1 || other.state.http_minor != (head.http10() ? 0 : 1)) {
    return "version";
  }
  const auto same = [](const HeaderField& ours, const LlhttpHead::Field& theirs) {
    return ours.name == theirs.name && ours.value == theirs.value;
  };
  if (!std::ranges::equal(request.headers, other.fields, same)) return "fields";
  if (head.keep_alive() != other.keep_alive()) return "keep-alive";
  if (head.chunked() != other.chunked()) return "chunked";
  if (head.content_length() != other.state.content_length) return "content-length";
  return {};
}

}  // namespace thalweg
