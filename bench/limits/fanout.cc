// The limit of fan-out by server-sent events: every GET is a reader, every POST is one event, made
// once and written to all readers of the path.
//
//   thalweg_limit_fanout
#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "bench/limits/bare_server.h"

namespace thalweg::bench {
namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 204 No Content\r\n\r\n";
constexpr std::string_view kStream =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string PathOf(std::string_view head) {
  const size_t begin = head.find(' ') + 1;
  return std::string(head.substr(begin, head.find_first_of("? ", begin) - begin));
}

class Fanout {
 public:
  void OnRequest(BareConnection& client, const BareRequest& request) {
    if (request.head.starts_with("GET ")) {
      readers_[PathOf(request.head)].push_back(&client);
      return client.Send(kStream);
    }
    if (request.head.starts_with("POST ")) Publish(PathOf(request.head), request.body);
    client.Send(kAnswer);
  }

  void OnGone(BareConnection& client) {
    for (auto& [path, readers] : readers_) std::erase(readers, &client);
  }

 private:
  void Publish(const std::string& path, std::string_view body) {
    bytes_ += body.size();
    const std::string event = fmt::format(
        "event: data\ndata:{}\n\nevent: control\n"
        "data:{{\"streamNextOffset\":\"{:016}_{:016}\",\"upToDate\":true,\"streamCursor\":\"1\"}}"
        "\n\n",
        body, 0, bytes_);
    const std::string chunk = fmt::format("{:x}\r\n{}\r\n", event.size(), event);
    for (BareConnection* reader : readers_[path]) reader->Send(chunk);
  }

  std::unordered_map<std::string, std::vector<BareConnection*>> readers_;
  uint64_t bytes_ = 0;
};

int Serve() {
  Fanout fanout;
  BareServer server({
      .on_request = [&](BareConnection& client,
                        const BareRequest& request) { fanout.OnRequest(client, request); },
      .on_gone = [&](BareConnection& client) { fanout.OnGone(client); },
  });
  return server.Serve();
}

}  // namespace
}  // namespace thalweg::bench

int main() { return thalweg::bench::Serve(); }
