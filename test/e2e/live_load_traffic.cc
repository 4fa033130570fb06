#include "live_load_traffic.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace thalweg::load {

Load::Load(uint16_t port, size_t seed)
    : random_(seed), client_(port, [this](size_t slot, std::string_view bytes, bool end) {
        slot < streams_.size() ? OnWriter(slot, bytes, end) : OnReader(slot, bytes, end);
      }) {}

void Load::AddStream(const std::string& path, Kind kind) {
  streams_.push_back({.path = path, .kind = kind, .written = {}, .closed = false});
  writers_.emplace_back();
  Write(streams_.size() - 1, "PUT", "");
  Settle();
}

void Load::AddReader(size_t stream, Reader::Mode mode) {
  readers_.emplace_back(streams_[stream], mode);
  const size_t slot = streams_.size() + readers_.size() - 1;
  client_.Connect(slot).Send(readers_.back().Connect());
}

void Load::AddStalled(size_t stream, size_t index) {
  const size_t slot = streams_.size() + readers_.size() + index;
  constexpr int kReceiveBuffer = 8 << 10;
  client_.Connect(slot, kReceiveBuffer)
      .Send("GET " + streams_[stream].path + "?offset=-1&live=sse HTTP/1.1\r\nHost: load\r\n\r\n");
  client_.StopReading(slot);
}

void Load::Append(size_t stream, const std::string& body, const std::string& wire, bool close) {
  streams_[stream].written += wire;
  streams_[stream].closed |= close;
  Write(stream, "POST", body, close);
}

void Load::Cut(size_t reader) {
  if (readers_[reader].done() || readers_[reader].failed()) return;
  ++cuts_;
  const size_t slot = streams_.size() + reader;
  if (random_() % 3 != 0) return client_.At(slot).CutAfter(1 + random_() % 200);
  client_.Connect(slot).Send(readers_[reader].Connect());
}

void Load::Settle() {
  while (!WritersAreIdle()) Poll(100);
}

size_t Load::ReadersDone() const {
  size_t done = 0;
  for (const Reader& reader : readers_) done += reader.done();
  return done;
}

size_t Load::ReadersUpToDate() const {
  return static_cast<size_t>(std::ranges::count_if(readers_, [](const Reader& reader) {
    return !reader.failed() && reader.received() == reader.stream().written.size();
  }));
}

void Load::ReportFailures() const {
  int shown = 0;
  for (const Reader& reader : readers_) {
    if (reader.failed() && ++shown <= 5) std::printf("      %s\n", reader.failure().c_str());
    if (!reader.failed() && !reader.done() && ++shown <= 5) {
      std::printf("      %s: stands at %zu of %zu\n", reader.stream().path.c_str(),
                  reader.received(), reader.stream().written.size());
    }
  }
}

void Load::Write(size_t stream, const char* method, const std::string& body, bool close) {
  std::string request = std::string(method) + " " + streams_[stream].path +
                        " HTTP/1.1\r\nHost: load\r\nContent-Type: ";
  request += ContentTypeOf(streams_[stream].kind);
  if (close) request += "\r\nStream-Closed: true";
  request += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  ++writers_[stream].answers_due;
  ++busy_writers_;
  Connection& connection = client_.Has(stream) ? client_.At(stream) : client_.Connect(stream);
  connection.Send(request);
}

void Load::OnWriter(size_t stream, std::string_view bytes, bool end) {
  Writer& writer = writers_[stream];
  writer.response.Feed(bytes);
  ResponseReader::Got got;
  while ((got = writer.response.Next()) != ResponseReader::Got::kNothing) {
    if (got == ResponseReader::Got::kHead) refusals_ += writer.response.status() >= 300;
    if (got == ResponseReader::Got::kBroken) end = true;
    if (end) break;
    if (got != ResponseReader::Got::kEnd) continue;
    --writer.answers_due;
    --busy_writers_;
  }
  if (!end) return;
  writer.response = {};
  // One that had nothing to do for longer than the server waits connects anew for its next append.
  if (writer.answers_due == 0 && !client_.Has(stream)) return;
  std::fprintf(stderr, "the connection of a writer broke\n");
  std::exit(1);
}

void Load::OnReader(size_t slot, std::string_view bytes, bool end) {
  const size_t index = slot - streams_.size();
  if (index >= readers_.size()) return;
  Reader& reader = readers_[index];
  const std::string next = reader.Feed(bytes);
  if (reader.done() || reader.failed()) return client_.Close(slot);
  if (end && !reader.wants_new_connection()) ++breaks_;
  if (end || reader.wants_new_connection()) {
    ++reconnects_;
    client_.Connect(slot).Send(reader.Connect());
  } else if (!next.empty()) {
    client_.At(slot).Send(next);
  }
}

}  // namespace thalweg::load
