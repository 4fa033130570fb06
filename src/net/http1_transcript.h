// For tests and fuzzers: what a parser makes of bytes, as text that can be compared.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/http1_parser.h"

namespace thalweg {

inline std::string DescribeRequest(const Http1Parser& parser) {
  static constexpr std::string_view kMethods[] = {"GET",    "HEAD",    "PUT",  "POST",
                                                  "DELETE", "OPTIONS", "OTHER"};
  const Request& request = parser.request();
  std::string text(kMethods[static_cast<size_t>(request.method)]);
  text.append(" ").append(request.path).append(" ?").append(request.query);
  text.append(" ").append(request.scheme).append("://").append(request.authority);
  for (const HeaderField& field : request.headers) {
    text.append(" [").append(field.name).append("=").append(field.value).append("]");
  }
  text.append(" body=").append(request.body);
  text.append(parser.keep_alive() ? " keep" : " close");
  return text.append(parser.http10() ? " 1.0\n" : " 1.1\n");
}

// Feeds `bytes` in pieces that end at `cuts` (ascending). `hold`: every request is asked for again
// after its bytes were retained, as one that waits for its turn is.
inline std::string TranscriptOf(std::string_view bytes, std::span<const size_t> cuts,
                                const HttpLimits& limits, bool hold = false) {
  Http1Parser parser(limits);
  std::string text;
  size_t begin = 0;
  for (size_t piece = 0; piece <= cuts.size(); ++piece) {
    const size_t end = piece < cuts.size() ? cuts[piece] : bytes.size();
    // Memory of its own for each piece: a view kept too long is found by the address sanitizer.
    std::vector<char> lent(bytes.begin() + static_cast<ptrdiff_t>(begin),
                           bytes.begin() + static_cast<ptrdiff_t>(end));
    begin = end;
    parser.Feed(lent);
    while (parser.Next() == Http1Parser::Event::kRequest) {
      if (hold) {
        parser.Retain();
        std::fill(lent.begin(), lent.end(), '~');
        if (parser.Next() != Http1Parser::Event::kRequest) return text + "lost a held request";
      }
      text += DescribeRequest(parser);
      const bool last = !parser.keep_alive();
      parser.Consume();
      if (last) return text + "closed\n";
    }
    if (parser.Next() == Http1Parser::Event::kRejected) {
      return text + "rejected " + std::to_string(parser.rejection().status) + " " +
             std::string(parser.rejection().detail) + "\n";
    }
    parser.Retain();
  }
  return text;
}

}  // namespace thalweg
