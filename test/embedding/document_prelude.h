// What the blocks of docs/EMBEDDING.md may use beside the library: Fail and Fetch.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

inline int Fail(const std::string& why) {
  std::printf("failed: %s\n", why.c_str());
  return 1;
}

struct Fetched {
  int status = 0;  // 0: no answer came
  std::string head;
  std::string text;
};

namespace prelude {

inline int Connect(std::string_view port_text) {
  uint16_t port = 0;
  std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  return fd;
}

inline std::string Converse(int fd, std::string_view request) {
  std::string answer;
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) != ssize_t(request.size()))
    return "";
  char buffer[4096];
  for (ssize_t got; (got = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) {
    answer.append(buffer, static_cast<size_t>(got));
  }
  return answer;
}

}  // namespace prelude

// One request over a connection of its own. REQUIRES: `url` is http://127.0.0.1:PORT/PATH.
inline Fetched Fetch(const std::string& method, std::string_view url, const std::string& body = "",
                     const std::vector<std::pair<std::string, std::string>>& headers = {}) {
  url.remove_prefix(std::string_view("http://").size());
  const size_t slash = url.find('/');
  const std::string_view authority = url.substr(0, slash);
  std::string request = method + " " + std::string(url.substr(slash)) +
                        " HTTP/1.1\r\nHost: " + std::string(authority) +
                        "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                        "\r\n";
  for (const auto& [name, value] : headers) request.append(name + ": " + value + "\r\n");
  const int fd = prelude::Connect(authority.substr(authority.find(':') + 1));
  const std::string answer = prelude::Converse(fd, request.append("\r\n").append(body));
  ::close(fd);
  Fetched fetched;
  const size_t end = answer.find("\r\n\r\n");
  if (end == std::string::npos) return fetched;
  fetched.head = answer.substr(0, end);
  fetched.text = answer.substr(end + 4);
  std::from_chars(fetched.head.data() + 9, fetched.head.data() + 12, fetched.status);
  return fetched;
}
