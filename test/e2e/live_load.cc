// Load on live reads, against a running server over real sockets.
//
//   live_load BINARY [--readers N] [--streams N] [--rate N] [--seconds N] [--stalled N]
//             [--megabytes N] [--seed N]
//
// 1. Many readers of many streams, a tenth of them cut again and again, even inside an event: every
//    one sees every byte once and in order, and the close. 2. Readers that never read cost the
//    server little memory, and those that do read get everything.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "live_load_client.h"
#include "live_load_process.h"
#include "live_load_reader.h"
#include "live_load_response.h"

namespace thalweg::load {
namespace {

struct Flags {
  std::string binary;
  size_t readers = 5000;
  size_t streams = 50;
  size_t rate = 200;
  size_t seconds = 20;
  size_t stalled = 1000;
  size_t megabytes = 60;
  size_t seed = 1;
};

constexpr int64_t kFinishMsMax = 60'000;
constexpr size_t kActiveReaders = 10;
constexpr int64_t kStalledBytesMax = 64 << 10;

int64_t NowMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

class Report {
 public:
  void Check(bool ok, const std::string& what) {
    std::printf("%s  %s\n", ok ? "ok  " : "FAIL", what.c_str());
    std::fflush(stdout);
    ++(ok ? passed_ : failed_);
  }

  // Prints the counts; the program's exit code.
  int Finish() const {
    std::printf("%d passed, %d failed\n", passed_, failed_);
    return failed_ == 0 ? 0 : 1;
  }

 private:
  int passed_ = 0;
  int failed_ = 0;
};

// Readers and one writer per stream over one Client. Slots: writers first, then readers.
class Load {
 public:
  Load(uint16_t port, size_t seed)
      : random_(seed), client_(port, [this](size_t slot, std::string_view bytes, bool end) {
          slot < streams_.size() ? OnWriter(slot, bytes, end) : OnReader(slot, bytes, end);
        }) {}

  // Streams first, then readers.
  void AddStream(const std::string& path, Kind kind) {
    streams_.push_back({.path = path, .kind = kind, .written = {}, .closed = false});
    writers_.emplace_back();
    client_.Connect(streams_.size() - 1);
    Write(streams_.size() - 1, "PUT", "");
    Settle();
  }

  void AddReader(size_t stream, Reader::Mode mode) {
    readers_.emplace_back(streams_[stream], mode);
    const size_t slot = streams_.size() + readers_.size() - 1;
    client_.Connect(slot).Send(readers_.back().Connect());
  }

  // A connection that asks for an event stream and never reads.
  void AddStalled(size_t stream, size_t index) {
    const size_t slot = streams_.size() + readers_.size() + index;
    constexpr int kReceiveBuffer = 8 << 10;
    client_.Connect(slot, kReceiveBuffer)
        .Send("GET " + streams_[stream].path +
              "?offset=-1&live=sse HTTP/1.1\r\nHost: load\r\n\r\n");
    client_.StopReading(slot);
  }

  bool WriterIsIdle(size_t stream) const { return writers_[stream].answers_due == 0; }
  bool WritersAreIdle() const { return busy_writers_ == 0; }

  // REQUIRES: the stream's writer is idle, so that its appends keep their order.
  void Append(size_t stream, const std::string& body, const std::string& wire, bool close) {
    streams_[stream].written += wire;
    streams_[stream].closed |= close;
    Write(stream, "POST", body, close);
  }

  // Cuts the connection of `reader`: now, or inside what comes next.
  void Cut(size_t reader) {
    if (readers_[reader].done() || readers_[reader].failed()) return;
    ++cuts_;
    const size_t slot = streams_.size() + reader;
    if (random_() % 3 != 0) return client_.At(slot).CutAfter(1 + random_() % 200);
    client_.Connect(slot).Send(readers_[reader].Connect());
  }

  void Poll(int wait_ms) { client_.Poll(wait_ms); }

  void Settle() {
    while (!WritersAreIdle()) Poll(100);
  }

  size_t ReadersDone() const {
    size_t done = 0;
    for (const Reader& reader : readers_) done += reader.done();
    return done;
  }

  void ReportFailures() const {
    int shown = 0;
    for (const Reader& reader : readers_) {
      if (reader.failed() && ++shown <= 5) std::printf("      %s\n", reader.failure().c_str());
      if (!reader.failed() && !reader.done() && ++shown <= 5) {
        std::printf("      %s: stands at %zu of %zu\n", reader.stream().path.c_str(),
                    reader.received(), reader.stream().written.size());
      }
    }
  }

  size_t readers() const { return readers_.size(); }
  size_t cuts() const { return cuts_; }
  size_t reconnects() const { return reconnects_; }
  size_t refusals() const { return refusals_; }
  std::mt19937_64& random() { return random_; }

 private:
  struct Writer {
    ResponseReader response;
    size_t answers_due = 0;
  };

  void Write(size_t stream, const char* method, const std::string& body, bool close = false) {
    std::string request = std::string(method) + " " + streams_[stream].path +
                          " HTTP/1.1\r\nHost: load\r\nContent-Type: ";
    request += ContentTypeOf(streams_[stream].kind);
    if (close) request += "\r\nStream-Closed: true";
    request += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    ++writers_[stream].answers_due;
    ++busy_writers_;
    client_.At(stream).Send(request);
  }

  void OnWriter(size_t stream, std::string_view bytes, bool end) {
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
    std::fprintf(stderr, "the connection of a writer broke\n");
    std::exit(1);
  }

  void OnReader(size_t slot, std::string_view bytes, bool end) {
    const size_t index = slot - streams_.size();
    if (index >= readers_.size()) return;
    Reader& reader = readers_[index];
    const std::string next = reader.Feed(bytes);
    if (reader.done() || reader.failed()) return client_.Close(slot);
    if (end || reader.wants_new_connection()) {
      ++reconnects_;
      client_.Connect(slot).Send(reader.Connect());
    } else if (!next.empty()) {
      client_.At(slot).Send(next);
    }
  }

  std::mt19937_64 random_;
  std::deque<Stream> streams_;  // readers refer to them
  std::vector<Writer> writers_;
  size_t busy_writers_ = 0;
  std::vector<Reader> readers_;
  size_t cuts_ = 0, reconnects_ = 0, refusals_ = 0;
  Client client_;
};

// A message that names its number and has what framing may trip over.
std::string MessageText(Kind kind, size_t number, std::mt19937_64& random) {
  std::string text = std::to_string(number) + ":";
  const size_t length = random() % 300;
  if (kind == Kind::kJson)
    return "{\"n\": " + std::to_string(number) + ",\n  \"x\":\"" + std::string(length, 'j') + "\"}";
  for (size_t i = 0; i < length; ++i) {
    text += kind == Kind::kText ? "ab  :\n"[random() % 6] : static_cast<char>(random());
  }
  return text + (kind == Kind::kText ? "\n" : "");
}

void AppendMessage(Load& load, size_t stream, Kind kind, size_t number, bool close) {
  const std::string text = MessageText(kind, number, load.random());
  load.Append(stream, text, kind == Kind::kJson ? text + "," : text, close);
}

void CloseAll(Load& load, const Flags& flags, size_t number) {
  for (size_t stream = 0; stream < flags.streams; ++stream) {
    // Every other stream ends with data and close in one append.
    if (stream % 2 == 0) {
      AppendMessage(load, stream, static_cast<Kind>(stream % 3), number, true);
    } else {
      load.Append(stream, "", "", true);
    }
  }
}

void RunManyReaders(const Flags& flags, Report& report) {
  ServerProcess server(flags.binary);
  Load load(server.port(), flags.seed);
  for (size_t i = 0; i < flags.streams; ++i) {
    load.AddStream("/v1/stream/load-" + std::to_string(i), static_cast<Kind>(i % 3));
  }
  for (size_t i = 0; i < flags.readers; ++i) {
    const bool sse = i / flags.streams % 2 == 0;
    load.AddReader(i % flags.streams, sse ? Reader::Mode::kSse : Reader::Mode::kLongPoll);
    if (i % 100 == 0) load.Poll(0);
  }
  const int64_t start_ms = NowMs();
  const size_t appends = flags.rate * flags.seconds;
  size_t appended = 0, cut_ticks = 0;
  while (appended < appends) {
    const size_t due = static_cast<size_t>(NowMs() - start_ms) * flags.rate / 1000;
    for (; appended < std::min(due, appends); ++appended) {
      const size_t stream = appended % flags.streams;
      while (!load.WriterIsIdle(stream)) load.Poll(1);
      AppendMessage(load, stream, static_cast<Kind>(stream % 3), appended, false);
    }
    // The first tenth has both modes and every stream; each is cut about every two seconds.
    for (; cut_ticks < static_cast<size_t>(NowMs() - start_ms) * flags.readers / 20'000;
         ++cut_ticks) {
      load.Cut(load.random()() % std::max<size_t>(flags.readers / 10, 1));
    }
    load.Poll(1);
  }
  const int64_t elapsed_ms = NowMs() - start_ms;
  load.Settle();
  CloseAll(load, flags, appends);
  const int64_t closed_ms = NowMs();
  while (load.ReadersDone() < load.readers() && NowMs() - closed_ms < kFinishMsMax) {
    for (int i = 0; i < 100; ++i) load.Poll(5);
  }
  std::printf("      %zu appends in %lld ms, %zu cuts, %zu reconnects\n", appends,
              static_cast<long long>(elapsed_ms), load.cuts(), load.reconnects());
  load.ReportFailures();
  report.Check(load.refusals() == 0, "every append is accepted");
  report.Check(load.cuts() >= flags.readers / 10, "readers were cut");
  report.Check(load.ReadersDone() == load.readers(),
               std::to_string(load.ReadersDone()) + " of " + std::to_string(load.readers()) +
                   " readers have every byte once, in order, and saw the close");
  report.Check(server.Stop(), "the server stops by itself when asked to");
}

// What the server's memory grows by, at its highest, while `megabytes` are appended to one stream.
int64_t GrowthKib(const Flags& flags, size_t stalled, Report& report) {
  ServerProcess server(flags.binary);
  Load load(server.port(), flags.seed);
  load.AddStream("/v1/stream/slow", Kind::kText);
  const int64_t before_kib = server.RssKib();
  for (size_t i = 0; i < kActiveReaders; ++i) load.AddReader(0, Reader::Mode::kSse);
  for (size_t i = 0; i < stalled; ++i) load.AddStalled(0, i);
  constexpr size_t kAppendBytes = 20'000;
  int64_t highest_kib = before_kib;
  const size_t appends = flags.megabytes * 1'000'000 / kAppendBytes;
  for (size_t i = 0; i < appends; ++i) {
    const std::string text =
        std::to_string(i) + std::string(kAppendBytes - 10, 'a' + i % 26) + "\n";
    load.Append(0, text, text, i + 1 == appends);
    while (!load.WritersAreIdle()) load.Poll(10);
    if (i % 50 == 0) highest_kib = std::max(highest_kib, server.RssKib());
  }
  const int64_t closed_ms = NowMs();
  while (load.ReadersDone() < load.readers() && NowMs() - closed_ms < kFinishMsMax) load.Poll(100);
  highest_kib = std::max(highest_kib, server.RssKib());
  load.ReportFailures();
  report.Check(load.refusals() == 0 && load.ReadersDone() == kActiveReaders,
               "beside " + std::to_string(stalled) + " stalled readers, the " +
                   std::to_string(load.ReadersDone()) + " that read have all of " +
                   std::to_string(flags.megabytes) + " MB");
  return highest_kib - before_kib;
}

void RunStalledReaders(const Flags& flags, Report& report) {
  const int64_t without_kib = GrowthKib(flags, 0, report);
  const int64_t with_kib = GrowthKib(flags, flags.stalled, report);
  const int64_t each = (with_kib - without_kib) * 1024 / static_cast<int64_t>(flags.stalled);
  std::printf("      memory grows by %lld KiB without and %lld KiB with stalled readers\n",
              static_cast<long long>(without_kib), static_cast<long long>(with_kib));
  report.Check(each < kStalledBytesMax, "a stalled reader costs " + std::to_string(each) +
                                            " bytes, less than " +
                                            std::to_string(kStalledBytesMax));
}

bool ParseFlags(int argc, char** argv, Flags& flags) {
  if (argc < 2 || argc % 2 != 0) return false;
  flags.binary = argv[1];
  for (int i = 2; i < argc; i += 2) {
    const std::string name = argv[i];
    size_t* const value = name == "--readers"     ? &flags.readers
                          : name == "--streams"   ? &flags.streams
                          : name == "--rate"      ? &flags.rate
                          : name == "--seconds"   ? &flags.seconds
                          : name == "--stalled"   ? &flags.stalled
                          : name == "--megabytes" ? &flags.megabytes
                          : name == "--seed"      ? &flags.seed
                                                  : nullptr;
    if (value == nullptr) return false;
    *value = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return flags.streams > 0 && flags.rate > 0;
}

// Every reader is a descriptor, here and in the server, which inherits the limit.
void RaiseDescriptorLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace thalweg::load

int main(int argc, char** argv) {
  thalweg::load::Flags flags;
  if (!thalweg::load::ParseFlags(argc, argv, flags)) {
    std::fprintf(stderr,
                 "usage: live_load BINARY [--readers N] [--streams N] [--rate N] "
                 "[--seconds N] [--stalled N] [--megabytes N] [--seed N]\n");
    return 2;
  }
  thalweg::load::RaiseDescriptorLimit();
  thalweg::load::Report report;
  if (flags.readers > 0) thalweg::load::RunManyReaders(flags, report);
  if (flags.stalled > 0) thalweg::load::RunStalledReaders(flags, report);
  return report.Finish();
}
