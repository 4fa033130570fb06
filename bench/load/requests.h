// The requests that a load is made of, as bytes: creates, and appends with their messages.
//
// Own thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/target.h"

namespace thalweg::bench {

enum class BodyType : uint8_t { kBytes, kText, kJson };
enum class Pick : uint8_t {
  kRandom,      // any stream, uniformly
  kTurns,       // one stream after the other
  kConnection,  // each connection has one
};

// The streams of a load are called PREFIX0, PREFIX1, …
struct Streams {
  std::string prefix = "load-";
  size_t count = 1;
};

struct Message {
  BodyType type = BodyType::kBytes;
  size_t bytes = 256;
  size_t batch = 1;  // messages in one append; JSON only
};

// The smallest message that has room for a stamp.
size_t MessageBytesMin(BodyType type);

// The path of a stream and its query.
std::string StreamPath(const Target& target, const Streams& streams, size_t stream);

// A GET of `path_and_query`.
std::string ReadRequest(const Target& target, std::string_view path_and_query);

class RequestSource {
 public:
  virtual ~RequestSource() = default;

  // Appends the next request of `client` to `out`; it is due at `due_ns`.
  virtual void Build(size_t client, int64_t due_ns, std::string& out) = 0;
};

// One PUT for each stream, in turn.
class CreateRequests final : public RequestSource {
 public:
  CreateRequests(const Target& target, const Streams& streams, BodyType type);
  void Build(size_t client, int64_t due_ns, std::string& out) override;

 private:
  const std::string start_, end_;
  size_t next_ = 0;
};

class AppendRequests final : public RequestSource {
 public:
  enum class Producer : uint8_t { kNone, kOnePerClient };

  AppendRequests(const Target& target, const Streams& streams, const Message& message, Pick pick,
                 Producer producer);

  void Build(size_t client, int64_t due_ns, std::string& out) override;

  // Payload of one append.
  size_t bytes() const { return body_.size(); }

  // Messages built so far for `stream`, each of which carries a stamp.
  uint64_t messages(size_t stream) const { return messages_[stream]; }

 private:
  void MakeBody(const Message& message);
  size_t NextStream(size_t client);
  void BuildProducer(size_t client, std::string& out);

  const std::string start_, fields_;
  const Pick pick_;
  const Producer producer_;
  const size_t batch_;
  std::string body_;                 // stamps are written into a copy of it
  std::vector<size_t> stamps_;       // where
  std::vector<uint64_t> messages_;   // by stream
  std::vector<uint64_t> sequences_;  // by client: of its next append
  size_t turn_ = 0;
  std::minstd_rand random_{1};
};

}  // namespace thalweg::bench
