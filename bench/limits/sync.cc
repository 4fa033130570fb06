// The limit of a durable append's latency: how long one fdatasync takes on a disk where nothing
// else happens, after one write of the size that a commit has.
//
//   thalweg_limit_sync [--written] FILE SECONDS
//
// FILE is allocated ahead, as a log file is; --written: and written with zeros. Says what
// thalweg_load says of appends, one line of JSON; an operation is a sync.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bench/limits/sync_file.h"
#include "bench/load/histogram.h"
#include "bench/load/json_line.h"
#include "bench/load/report.h"
#include "bench/load/stamp.h"
#include "bench/load/usage.h"

namespace thalweg::bench {
namespace {

constexpr size_t kBlockBytes = 8 << 10;   // some twenty appends of 256 bytes, padded to pages
constexpr size_t kFileBytes = 256 << 20;  // written from its beginning again where it ends

// Writes and syncs until `until_ns`; how long each sync took. Nothing: the system refused.
std::optional<Histogram> Sync(int file, int64_t until_ns) {
  const std::string block(kBlockBytes, 'x');
  Histogram latencies;
  for (size_t at = 0; NowNs() < until_ns; at = (at + kBlockBytes) % kFileBytes) {
    if (pwrite(file, block.data(), block.size(), static_cast<off_t>(at)) != kBlockBytes)
      return std::nullopt;
    const int64_t begun_ns = NowNs();
    if (fdatasync(file) != 0) return std::nullopt;
    latencies.Record(NowNs() - begun_ns);
  }
  return latencies;
}

void Print(const Histogram& latencies, const Usage& used, double seconds) {
  const auto syncs = static_cast<int64_t>(latencies.count());
  JsonLine line;
  line.Add("seconds", seconds);
  line.Begin("append");
  line.Add("operations", syncs);
  line.Add("messages", syncs);
  line.Add("bytes", syncs * static_cast<int64_t>(kBlockBytes));
  AddLatencies(latencies, line);
  line.End();
  AddServer(used, used.rss_bytes, line);
  std::printf("%s\n", line.Text().c_str());
}

int Measure(const char* path, double seconds, bool written) {
  const int file =
      written ? OpenFilledWithZeros(path, kFileBytes) : OpenAllocated(path, kFileBytes);
  const Usage before = UsageOf(getpid());
  const int64_t begun_ns = NowNs();
  const auto latencies =
      file < 0 ? std::nullopt : Sync(file, begun_ns + static_cast<int64_t>(seconds * 1e9));
  if (!latencies) {
    std::perror(path);
    return 1;
  }
  Print(*latencies, Since(before, UsageOf(getpid())),
        static_cast<double>(NowNs() - begun_ns) / 1e9);
  return 0;
}

int Main(std::span<char*> arguments) {
  const bool written = !arguments.empty() && std::string_view(arguments[0]) == "--written";
  if (written) arguments = arguments.subspan(1);
  double seconds = 0;
  if (arguments.size() == 2) {
    const std::string_view text = arguments[1];
    std::from_chars(text.data(), text.data() + text.size(), seconds);
  }
  if (seconds > 0) return Measure(arguments[0], seconds, written);
  std::fprintf(stderr, "usage: thalweg_limit_sync [--written] FILE SECONDS\n");
  return 2;
}

}  // namespace
}  // namespace thalweg::bench

int main(int argc, char** argv) {
  return thalweg::bench::Main({argv + 1, static_cast<size_t>(argc - 1)});
}
