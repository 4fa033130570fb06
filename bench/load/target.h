// Where the load goes: the server's address, and the path under which it keeps streams. All servers
// that are compared speak the same protocol, so this is all that differs.
#pragma once

#include <netinet/in.h>

#include <expected>
#include <string>
#include <string_view>

namespace thalweg::bench {

struct Target {
  sockaddr_in address{};
  std::string host;  // as the Host field says it
  std::string path;  // "/v1/stream": without a slash at its end
};

// "http://127.0.0.1:4437/v1/stream", or why it is no such URL. Hosts are IPv4 addresses or
// "localhost"; the path may be empty.
std::expected<Target, std::string> ParseTarget(std::string_view url);

}  // namespace thalweg::bench
