// Load on live reads, against a running server over real sockets.
//
//   live_load BINARY [--readers N] [--streams N] [--rate N] [--seconds N] [--stalled N]
//             [--megabytes N] [--held N] [--hold-seconds N] [--seed N]
//
// 1. Many readers of many streams, a tenth of them cut again and again, even inside an event: every
//    one sees every byte once and in order, and the close. 2. Readers that never read cost the
//    server little memory, and those that do read get everything.
// 3. Readers that are held for long while nothing happens get, each, what comes then, and once.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "live_load_process.h"
#include "live_load_reader.h"
#include "live_load_traffic.h"

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
  size_t held = 0;
  size_t hold_seconds = 120;
  size_t seed = 1;
};

constexpr int64_t kFinishMsMax = 60'000;
constexpr size_t kActiveReaders = 10;
constexpr int64_t kStalledBytesMax = 64 << 10;
constexpr int64_t kHeldBytesMax = 4 << 10;
constexpr size_t kHeldMin = 5000;  // of fewer, a server's first growth weighs too much

// Answers without data and ends by age happen during a run of seconds.
const std::vector<std::string> kShortTimes = {"--long-poll-timeout", "2s", "--sse-max-age", "8s"};

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

// Until `done` says so, or much time has passed.
template <typename Done>
void WaitFor(Load& load, Done&& done) {
  const int64_t since_ms = NowMs();
  while (!done() && NowMs() - since_ms < kFinishMsMax) {
    for (int i = 0; i < 100; ++i) load.Poll(5);  // to ask costs more than to poll
  }
}

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

void AddStreams(Load& load, size_t streams) {
  for (size_t i = 0; i < streams; ++i) {
    load.AddStream("/v1/stream/load-" + std::to_string(i), static_cast<Kind>(i % 3));
  }
}

// Half of each stream's readers by SSE, half by long-poll.
void AddReaders(Load& load, size_t readers) {
  for (size_t i = 0; i < readers; ++i) {
    const bool sse = i / load.streams() % 2 == 0;
    load.AddReader(i % load.streams(), sse ? Reader::Mode::kSse : Reader::Mode::kLongPoll);
    if (i % 100 == 0) load.Poll(0);
  }
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
  ServerProcess server(flags.binary, kShortTimes);
  Load load(server.port(), flags.seed);
  AddStreams(load, flags.streams);
  AddReaders(load, flags.readers);
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
  WaitFor(load, [&] { return load.ReadersDone() == load.readers(); });
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
  ServerProcess server(flags.binary, kShortTimes);
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
  WaitFor(load, [&] { return load.ReadersDone() == load.readers(); });
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

// Nothing happens but heartbeats, answers without data and ends by age, at the times that a server
// has where nobody says others.
void RunHeldReaders(const Flags& flags, Report& report) {
  ServerProcess server(flags.binary, {});
  Load load(server.port(), flags.seed);
  AddStreams(load, flags.streams);
  const int64_t before_kib = server.RssKib();
  AddReaders(load, flags.held);
  const int64_t held_ms = NowMs();
  while (NowMs() - held_ms < static_cast<int64_t>(flags.hold_seconds) * 1000) load.Poll(100);
  const int64_t each = (server.RssKib() - before_kib) * 1024 / static_cast<int64_t>(flags.held);

  for (size_t stream = 0; stream < flags.streams; stream += 2) {
    AppendMessage(load, stream, static_cast<Kind>(stream % 3), stream, false);
  }
  load.Settle();
  WaitFor(load, [&] { return load.ReadersUpToDate() == load.readers(); });
  const size_t up_to_date = load.ReadersUpToDate();
  for (size_t stream = 0; stream < flags.streams; ++stream) load.Append(stream, "", "", true);
  WaitFor(load, [&] { return load.ReadersDone() == load.readers(); });

  std::printf("      %zu readers of %zu streams held for %zu s, %zu reconnects by age\n",
              load.readers(), flags.streams, flags.hold_seconds, load.reconnects());
  load.ReportFailures();
  report.Check(load.refusals() == 0 && load.breaks() == 0,
               std::to_string(load.breaks()) + " connections broke");
  report.Check(up_to_date == load.readers(),
               std::to_string(up_to_date) + " of " + std::to_string(load.readers()) +
                   " readers got what was appended to their stream, or nothing");
  report.Check(load.ReadersDone() == load.readers(),
               std::to_string(load.ReadersDone()) + " of them got it once, and saw the close");
  report.Check(each < kHeldBytesMax || flags.held < kHeldMin,
               "one that waits costs the server " + std::to_string(each) + " bytes, less than " +
                   std::to_string(kHeldBytesMax));
  report.Check(server.Stop(), "the server stops by itself when asked to");
}

bool ParseFlags(int argc, char** argv, Flags& flags) {
  if (argc < 2 || argc % 2 != 0) return false;
  flags.binary = argv[1];
  for (int i = 2; i < argc; i += 2) {
    const std::string name = argv[i];
    size_t* const value = name == "--readers"        ? &flags.readers
                          : name == "--streams"      ? &flags.streams
                          : name == "--rate"         ? &flags.rate
                          : name == "--seconds"      ? &flags.seconds
                          : name == "--stalled"      ? &flags.stalled
                          : name == "--megabytes"    ? &flags.megabytes
                          : name == "--held"         ? &flags.held
                          : name == "--hold-seconds" ? &flags.hold_seconds
                          : name == "--seed"         ? &flags.seed
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
                 "[--seconds N] [--stalled N] [--megabytes N] [--held N] [--hold-seconds N] "
                 "[--seed N]\n");
    return 2;
  }
  thalweg::load::RaiseDescriptorLimit();
  thalweg::load::Report report;
  if (flags.readers > 0) thalweg::load::RunManyReaders(flags, report);
  if (flags.stalled > 0) thalweg::load::RunStalledReaders(flags, report);
  if (flags.held > 0) thalweg::load::RunHeldReaders(flags, report);
  return report.Finish();
}
