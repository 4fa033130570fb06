#include "bench/load/target.h"

#include <arpa/inet.h>

#include <charconv>

namespace thalweg::bench {
namespace {

constexpr std::string_view kScheme = "http://";

}  // namespace

std::expected<Target, std::string> ParseTarget(std::string_view url) {
  const std::string whole(url);
  if (!url.starts_with(kScheme)) return std::unexpected(whole + ": begin with http://");
  url.remove_prefix(kScheme.size());
  const std::string_view authority = url.substr(0, url.find('/'));
  std::string_view path = url.substr(authority.size());
  while (path.ends_with('/')) path.remove_suffix(1);

  const size_t colon = authority.find(':');
  std::string host(authority.substr(0, colon));
  if (host == "localhost") host = "127.0.0.1";
  uint16_t port = 80;
  if (colon != std::string_view::npos) {
    const char* const end = authority.data() + authority.size();
    const auto [at, error] = std::from_chars(authority.data() + colon + 1, end, port);
    if (error != std::errc() || at != end) return std::unexpected(whole + ": no port number");
  }
  Target target{.address = {}, .host = std::string(authority), .path = std::string(path)};
  target.address.sin_family = AF_INET;
  target.address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &target.address.sin_addr) != 1)
    return std::unexpected(whole + ": the host is to be an IPv4 address or localhost");
  return target;
}

}  // namespace thalweg::bench
