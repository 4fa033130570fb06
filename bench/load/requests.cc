#include "bench/load/requests.h"

#include "bench/load/stamp.h"

namespace thalweg::bench {
namespace {

constexpr std::string_view kJsonStart = R"({"t":")";
constexpr std::string_view kJsonFill = R"(","x":")";
constexpr std::string_view kJsonEnd = R"("})";

std::string_view ContentTypeOf(BodyType type) {
  switch (type) {
    case BodyType::kBytes: return "application/octet-stream";
    case BodyType::kText: return "text/plain";
    case BodyType::kJson: return "application/json";
  }
  return "";
}

std::string StartOf(std::string_view method, const Target& target, const Streams& streams) {
  return std::string(method) + " " + target.path + "/" + streams.prefix;
}

std::string FieldsOf(const Target& target, BodyType type) {
  return " HTTP/1.1\r\nHost: " + target.host +
         "\r\nContent-Type: " + std::string(ContentTypeOf(type)) + "\r\nContent-Length: ";
}

// Text that no stamp is found in, and that does not compress to nothing.
std::string Filler(size_t bytes) {
  std::string filler;
  std::minstd_rand random(2);
  while (filler.size() < bytes) filler += static_cast<char>('a' + random() % 26);
  return filler;
}

}  // namespace

size_t MessageBytesMin(BodyType type) {
  if (type != BodyType::kJson) return kStampBytes;
  return kJsonStart.size() + kStampBytes + kJsonFill.size() + kJsonEnd.size();
}

std::string StreamPath(const Target& target, const Streams& streams, size_t stream) {
  return target.path + "/" + streams.prefix + std::to_string(stream);
}

std::string ReadRequest(const Target& target, std::string_view path_and_query) {
  return "GET " + std::string(path_and_query) + " HTTP/1.1\r\nHost: " + target.host + "\r\n\r\n";
}

CreateRequests::CreateRequests(const Target& target, const Streams& streams, BodyType type)
    : start_(StartOf("PUT", target, streams)), end_(FieldsOf(target, type) + "0\r\n\r\n") {}

void CreateRequests::Build(size_t /*client*/, int64_t /*due_ns*/, std::string& out) {
  out += start_;
  out += std::to_string(next_++);
  out += end_;
}

AppendRequests::AppendRequests(const Target& target, const Streams& streams, const Message& message,
                               Pick pick, Producer producer)
    : start_(StartOf("POST", target, streams)),
      fields_(FieldsOf(target, message.type)),
      pick_(pick),
      producer_(producer),
      batch_(message.batch),
      messages_(streams.count) {
  MakeBody(message);
}

void AppendRequests::MakeBody(const Message& message) {
  const std::string filler = Filler(message.bytes - MessageBytesMin(message.type));
  const bool json = message.type == BodyType::kJson;
  if (batch_ > 1) body_ += '[';
  for (size_t i = 0; i < batch_; ++i) {
    if (i > 0) body_ += ',';
    if (json) body_ += kJsonStart;
    stamps_.push_back(body_.size());
    body_.append(kStampBytes, '#');
    if (json) body_ += kJsonFill;
    body_ += filler;
    if (json) body_ += kJsonEnd;
  }
  if (batch_ > 1) body_ += ']';
}

size_t AppendRequests::NextStream(size_t client) {
  switch (pick_) {
    case Pick::kRandom: return random_() % messages_.size();
    case Pick::kTurns: return turn_++ % messages_.size();
    case Pick::kConnection: return client % messages_.size();
  }
  return 0;
}

void AppendRequests::Build(size_t client, int64_t due_ns, std::string& out) {
  const size_t stream = NextStream(client);
  messages_[stream] += batch_;
  out += start_;
  out += std::to_string(stream);
  out += fields_;
  out += std::to_string(body_.size());
  if (producer_ == Producer::kOnePerClient) BuildProducer(client, out);
  out += "\r\n\r\n";
  const size_t body = out.size();
  out += body_;
  std::string stamp;
  WriteStamp(due_ns, stamp);
  for (const size_t at : stamps_) out.replace(body + at, kStampBytes, stamp);
}

void AppendRequests::BuildProducer(size_t client, std::string& out) {
  if (client >= sequences_.size()) sequences_.resize(client + 1);
  out += "\r\nProducer-Id: client-" + std::to_string(client);
  out += "\r\nProducer-Epoch: 0\r\nProducer-Seq: " + std::to_string(sequences_[client]++);
}

}  // namespace thalweg::bench
