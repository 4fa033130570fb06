#include "net/listen_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace thalweg {

namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

std::optional<Address> ParseAddress(const std::string& host, uint16_t port) {
  if (host.contains('\0')) return std::nullopt;  // only what stands before it would be looked at
  Address address;
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (::inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.length = sizeof *v4;
    return address;
  }
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string bare = bracketed ? host.substr(1, host.size() - 2) : host;
  address.storage = {};
  if (::inet_pton(AF_INET6, bare.c_str(), &v6->sin6_addr) != 1) return std::nullopt;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  address.length = sizeof *v6;
  return address;
}

int OpenSocket(const Address& address) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fd;
  const int on = 1, off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // "::" takes IPv4, too, whatever net.ipv6.bindv6only says.
  const bool is_v6 = address.storage.ss_family == AF_INET6;
  if (is_v6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  return fd;
}

uint16_t PortOf(int fd) {
  Address address;
  address.length = sizeof address.storage;
  if (::getsockname(fd, address.get(), &address.length) != 0) return 0;
  return ntohs(address.storage.ss_family == AF_INET
                   ? reinterpret_cast<const sockaddr_in&>(address.storage).sin_port
                   : reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port);
}

std::unexpected<ListenSocket::Error> Failed(const std::string& where, int error) {
  return std::unexpected(ListenSocket::Error{
      error == EADDRINUSE, "cannot listen on " + where + ": " + std::strerror(error)});
}

}  // namespace

std::expected<ListenSocket, ListenSocket::Error> ListenSocket::Bind(const std::string& host,
                                                                    uint16_t port) {
  const std::optional<Address> address = ParseAddress(host, port);
  if (!address) {
    return std::unexpected(Error{
        false, "cannot listen on \"" + host + "\": not an IPv4 or IPv6 address or localhost"});
  }
  std::string where = host + " port " + std::to_string(port);
  const int fd = OpenSocket(*address);
  if (fd < 0) return Failed(where, errno);
  ListenSocket socket(fd, std::move(where));
  if (::bind(fd, address->get(), address->length) != 0) return Failed(socket.where_, errno);
  socket.port_ = PortOf(fd);
  return socket;
}

std::expected<void, ListenSocket::Error> ListenSocket::Listen() {
  if (::listen(fd_.get(), kBacklog) != 0) return Failed(where_, errno);
  // Not before: with it, the system would let any process of the same user listen here, too, and
  // deal out connections to both.
  const int on = 1;
  if (::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
    return Failed(where_, errno);
  return {};
}

std::expected<ListenSocket, ListenSocket::Error> ListenSocket::Share() const {
  std::string where = "port " + std::to_string(port_) + " once more";
  Address address;
  address.length = sizeof address.storage;
  if (::getsockname(fd_.get(), address.get(), &address.length) != 0) return Failed(where, errno);
  const int fd = OpenSocket(address);
  if (fd < 0) return Failed(where, errno);
  ListenSocket socket(fd, std::move(where));
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
      ::bind(fd, address.get(), address.length) != 0 || ::listen(fd, kBacklog) != 0) {
    return Failed(socket.where_, errno);
  }
  socket.port_ = port_;
  return socket;
}

}  // namespace thalweg
