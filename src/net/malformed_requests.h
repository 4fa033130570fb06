// For tests: requests that must be refused, each with the status it gets. What stands behind one
// must never be read as a request.
#pragma once

#include <string_view>

namespace thalweg {

struct MalformedRequest {
  std::string_view why;
  int status;
  std::string_view bytes;
};

inline constexpr MalformedRequest kMalformedRequests[] = {
    // Framing.
    {"length and chunked", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\n"},
    {"chunked and length", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
     "0\r\n\r\n"},
    {"two lengths", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"},
    {"two equal lengths", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
    {"a list of lengths", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello"},
    {"signed length", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello"},
    {"negative length", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello"},
    {"length in hex", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello"},
    {"length with a space inside", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 0\r\n\r\nhello"},
    {"empty length", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\nhello"},
    {"quoted length", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \"5\"\r\n\r\nhello"},
    {"length beyond 64 bits", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551621\r\n\r\nhello"},
    {"length beyond the limit", 413,
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\nhello"},
    {"a coding before chunked", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
    {"a coding before chunked on a line of its own", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\n"},
    {"chunked is not the last coding", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"},
    {"chunked twice", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"},
    {"chunked twice, two lines", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"identity", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"},
    {"something like chunked", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
    {"chunked in quotes", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"},
    {"chunked with a parameter", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"},
    {"an empty coding", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \r\n\r\n0\r\n\r\n"},
    {"vertical tab before chunked", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"},
    {"a coding that nobody knows", 501,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: brrr, chunked\r\n\r\n0\r\n\r\n"},
    {"chunked in HTTP/1.0", 400,
     "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    // Chunks.
    {"a size with 0x", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n"},
    {"no size", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\na\r\n0\r\n\r\n"},
    {"a negative size", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n"},
    {"a space before the size", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n 1\r\na\r\n0\r\n\r\n"},
    {"a space behind the size", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n"},
    {"size that overflows", 413,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
     "10000000000000001\r\na\r\n0\r\n\r\n"},
    {"chunk longer than it says", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"},
    {"bare LF behind the size", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n"},
    {"bare LF behind the chunk", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n"},
    {"bare CR behind the size", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\ra\r\n0\r\n\r\n"},
    {"bare LF in an extension", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;x\na\r\n0\r\n\r\n"},
    {"folded trailer", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n z\r\n\r\n"},
    {"bare LF in the trailers", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n"},
    {"bare LF ends the trailers", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\n"},
    {"trailer without a colon", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nGET\r\n\r\n"},
    {"trailer with an empty name", 400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n: y\r\n\r\n"},
    // Lines.
    {"bare LF behind the request line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"},
    {"bare LF behind a field", 400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
    {"bare LF ends the head", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
    {"only LFs", 400, "GET / HTTP/1.1\nHost: a\n\n"},
    {"bare CR in a value", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n"},
    {"bare CR before the CRLF", 400, "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"},
    {"bare CR ends the head", 400, "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n\r\n"},
    {"NUL in a value", 400, std::string_view("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 35)},
    {"folding", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n"},
    {"folding with a tab", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\tz\r\n\r\n"},
    {"space before the first field", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
    {"space before the colon", 400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"},
    {"tab before the colon", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length\t: 5\r\n\r\nhello"},
    {"no colon", 400, "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"},
    {"empty name", 400, "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"},
    {"a name beyond ASCII", 400, "GET / HTTP/1.1\r\nHost: a\r\nX\xff: y\r\n\r\n"},
    {"three empty lines first", 400, "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a bare LF first", 400, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    // The request line.
    {"two spaces", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a space behind the version", 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
    {"a space in the target", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a tab instead of a space", 400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a space first", 400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a fragment", 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a byte beyond ASCII in the target", 400, "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a control byte in the target", 400, "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"HTTP/0.9", 400, "GET /\r\n\r\n"},
    {"HTTP/2.0", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
    {"the preface of HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    {"HTTP/0.9, named", 505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"},
    {"HTTP/1.10", 400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"},
    {"lower case http", 400, "GET / http/1.1\r\nHost: a\r\n\r\n"},
    {"RTSP", 400, "OPTIONS / RTSP/1.0\r\nHost: a\r\n\r\n"},
    {"an unknown method", 501, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a method in lower case", 501, "get / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a method that is no token", 400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"},
    // Targets and hosts.
    {"CONNECT", 400, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"authority form", 400, "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a path without its slash", 400, "GET path HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a foreign scheme", 400, "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"absolute form without a host", 400, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"absolute form with a user", 400, "GET http://u@a/x HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"asterisk form of a GET", 400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"no Host", 400, "GET / HTTP/1.1\r\nX: y\r\n\r\n"},
    {"no Host beside an absolute form", 400, "GET http://a/ HTTP/1.1\r\nX: y\r\n\r\n"},
    {"two Hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
    {"two equal Hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"},
    {"two Hosts in HTTP/1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"},
    {"a Host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
    {"a Host with a user", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
    {"a list of Hosts", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
    {"a Host with a port that is none", 400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"},
    {"a Host with a port beyond 65535", 400, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"},
    {"a Host with an open bracket", 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
    // Expectations.
    {"an unknown expectation", 417,
     "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx"},
};

// What follows each of them, and must not be seen.
inline constexpr std::string_view kSecondRequest = "GET /second HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace thalweg
