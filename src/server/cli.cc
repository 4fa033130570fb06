#include "server/cli.h"

#include <algorithm>
#include <expected>
#include <optional>

#include "base/processors.h"
#include "http/target.h"
#include "server/exit_codes.h"
#include "server/flags.h"
#include "server/memory_limit.h"
#include "server/suggest.h"

namespace thalweg {
namespace {

constexpr std::string_view kCommands[] = {"serve", "verify", "dump", "backup", "repair"};
constexpr size_t kThreadsMax = 256;

// The official client 0.2.7 takes shorter answers for a failure, and ends its reader.
constexpr int64_t kSseMaxAgeMsMin = 2000;

constexpr std::string_view kHelp =
    R"(Thalweg: a Durable Streams server.
usage: thalweg serve [flags]
       thalweg verify DIR                 is all of a data directory readable?
       thalweg dump DIR [--stream PATH]   what it holds, or one stream's records
       thalweg backup DIR TARGET          copy it, also while a server runs
       thalweg repair DIR [--remove]      list, or remove, unreadable streams
       thalweg --help | --version

Where it listens, and what it tells
  --host HOST               address to bind (127.0.0.1)
  --port PORT               port, 0 picks a free one (4437)
  --base-path PATH          where streams live (/v1/stream)
  --public-url URL          scheme://host[:port] for Location (from the request)
  --log-level LEVEL         trace, debug, info, warn, error or off (info)
  --metrics                 answer GET /metrics, for Prometheus
What it keeps
  --data-dir DIR            where streams are kept (./data)
  --memory                  keep streams in memory only
  --log-file SIZE           of each file of the log, allocated ahead (64MiB)
  --checkpoint-log SIZE     of log, then what is new moves to segments (256MiB)
  --checkpoint-age TIME     of the oldest change, then the same (60s)
  --tail-memory SIZE        what is not in segments; 503 beyond (1/8 of memory)
  --merge-rate SIZE         a second, at most, of merging segments (64MiB)
Reads
  --long-poll-timeout TIME  how long a long-poll waits (30s)
  --sse-max-age TIME        an SSE response ends near this age (60s)
  --sse-heartbeat TIME      a comment after this much silence (15s; 0s: none)
  --cache POLICY            of reads: public, private or no-store (public)
  --no-compression          never compress answers
  --no-cors                 send no CORS headers (default: --cors)
Limits
  --threads N               event loops (one per core it may use)
  --max-body SIZE           of a request (64MiB, less with little memory)
  --max-bodies SIZE         all requests under way; 503 beyond (1/8 of memory)
  --max-page SIZE           of one answer to a read (256MiB)
  --max-header SIZE         of a request, all header fields together (32KiB)
  --max-connections N       of the whole server (100000)
  --header-timeout TIME     to receive a request's head (15s)
  --body-timeout TIME       longest silence within a request's body (30s)
  --idle-timeout TIME       a connection without requests is closed (75s)
  --write-timeout TIME      a client that takes next to nothing is cut off (60s)
  --drain TIME              between a signal to stop and its effect (0s)
TIME is 500ms, 30s, 2m; SIZE is 1024, 64KB, 4MiB.
Exit codes: 0 ended, 1 could not start, 2 wrong usage, 3 directory in use or
not ours, 4 data damaged or gone, 5 port in use, 74 the disk failed.
)";

std::string CheckHost(const std::string& text) {
  return text.empty() ? "an address is needed, such as 127.0.0.1 or ::" : "";
}

// An empty name is a variable that is not set, and no wish for the default.
std::string CheckDirectory(const std::string& text) {
  return text.empty() ? "a directory is needed, and '' is none" : "";
}

std::string CheckStreamPath(const std::string& text) {
  return text.empty() ? "the path of a stream is needed, and '' is none" : "";
}

bool IsPathCharacter(char c) {
  return c > ' ' && c < '\x7f' && std::string_view("?#%\\\"<>").find(c) == std::string_view::npos;
}

std::string CheckBasePath(const std::string& text) {
  if (text.empty() || text == "/") return "";
  // With "//", "." or ".." in it no client would ask for it: they resolve those before they send.
  const std::string whole = text + "/";
  const bool is_resolved =
      !whole.contains("//") && !whole.contains("/./") && !whole.contains("/../");
  if (!text.starts_with('/') || !is_resolved || !std::ranges::all_of(text, IsPathCharacter)) {
    return "'" + text + "' is not a path such as /v1/stream";
  }
  return "";
}

std::string CheckPublicUrl(const std::string& text) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view authority = std::string_view(text).substr(scheme.size());
    const bool plain = std::all_of(authority.begin(), authority.end(), IsPathCharacter);
    if (!authority.empty() && plain && authority.find('/') == std::string_view::npos) return "";
  }
  return "'" + text + "' is not scheme://host[:port], such as https://streams.example.com";
}

CachePolicy CachePolicyOf(const std::string& name) {
  if (name == "private") return CachePolicy::kPrivate;
  return name == "no-store" ? CachePolicy::kNoStore : CachePolicy::kPublic;
}

constexpr std::string_view kDefaultDataDir = "data";

// Whether one of `words` gives `flag`, be it as --flag=value.
bool IsGiven(std::span<const std::string> words, std::string_view flag) {
  return std::ranges::any_of(words, [flag](std::string_view word) {
    return word.starts_with(flag) && (word.size() == flag.size() || word[flag.size()] == '=');
  });
}

void DeclareAddress(Flags& flags, ServerOptions& server) {
  flags.Text("--host", server.host, CheckHost);
  flags.Number("--port", 0, 65535,
               [&server](uint64_t port) { server.port = static_cast<uint16_t>(port); });
  flags.Text("--base-path", server.router.base_path, CheckBasePath);
  flags.Text("--public-url", server.router.public_url, CheckPublicUrl);
}

void DeclareDisk(Flags& flags, std::string& data_dir, StoreOptions& store) {
  flags.Text("--data-dir", data_dir, CheckDirectory);
  flags.Size("--log-file", store.log_file_bytes);
  flags.Size("--checkpoint-log", store.checkpoint_log_bytes);
  flags.Duration("--checkpoint-age", store.checkpoint_age_ms);
  flags.Size("--tail-memory", store.tail_bytes_max);
  flags.Size("--merge-rate", store.merge_bytes_per_s);
}

void DeclareReads(Flags& flags, RouterOptions& router) {
  flags.Duration("--long-poll-timeout", router.long_poll_timeout_ms, 0);
  flags.Duration("--sse-max-age", router.sse_max_age_ms, kSseMaxAgeMsMin);
  flags.Duration("--sse-heartbeat", router.sse_heartbeat_ms, 0);
  flags.Choice("--cache", {"public", "private", "no-store"},
               [&router](const std::string& name) { router.cache_policy = CachePolicyOf(name); });
  flags.Switch("--no-compression", [&router] { router.compression = false; });
  flags.Toggle("--cors", "--no-cors", router.cors);
  flags.Size("--max-page", router.page_bytes_max);
}

void DeclareLimits(Flags& flags, ServeConfig& config) {
  ServerOptions& server = config.server;
  HttpLimits& limits = server.limits;
  flags.Number("--threads", 1, kThreadsMax, [&server](uint64_t n) { server.threads = n; });
  flags.Size("--max-body", limits.body_bytes_max);
  flags.Size("--max-bodies", limits.bodies_bytes_max);
  flags.Size("--max-header", limits.header_bytes_max);
  flags.Number("--max-connections", 1, 10'000'000,
               [&limits](uint64_t n) { limits.connections_max = n; });
  flags.Duration("--header-timeout", limits.header_timeout_ms);
  flags.Duration("--body-timeout", limits.body_timeout_ms);
  flags.Duration("--idle-timeout", limits.idle_timeout_ms);
  flags.Duration("--write-timeout", limits.write_timeout_ms);
  flags.Duration("--drain", config.drain_ms, 0);
  flags.Switch("--metrics", [&config] { config.metrics = true; });
  flags.Choice("--log-level", {"trace", "debug", "info", "warn", "error", "off"},
               [&config](const std::string& level) { config.log_level = level; });
}

// What nobody gave a size follows the memory that there is.
void TakeShares(std::span<const std::string> words, ServerOptions& server) {
  const MemoryShares shares = DefaultShares(MemoryLimit(), CountOfLoops(server.threads));
  if (!IsGiven(words, "--tail-memory")) server.store.tail_bytes_max = shares.tail;
  if (!IsGiven(words, "--max-bodies")) server.limits.bodies_bytes_max = shares.bodies;
  if (!IsGiven(words, "--max-body")) server.limits.body_bytes_max = shares.body;
}

CliText Mistake(const std::string& what) {
  return {"thalweg: " + what + " (see thalweg --help)\n", kExitUsage};
}

CliResult ParseServe(std::span<const std::string> words) {
  ServeConfig config;
  bool memory = false;
  Flags flags;
  DeclareAddress(flags, config.server);
  flags.Switch("--memory", [&memory] { memory = true; });
  DeclareDisk(flags, config.server.data_dir, config.server.store);
  DeclareReads(flags, config.server.router);
  DeclareLimits(flags, config);
  if (const auto mistake = flags.Parse(words)) return Mistake(*mistake);
  TakeShares(words, config.server);
  if (!memory) {
    if (config.server.data_dir.empty()) config.server.data_dir = kDefaultDataDir;
    return config;
  }
  Flags disk;  // declared for their names
  DeclareDisk(disk, config.server.data_dir, config.server.store);
  for (const std::string_view flag : disk.names()) {
    if (!IsGiven(words, flag)) continue;
    return Mistake("--memory keeps nothing on disk; leave out " + std::string(flag));
  }
  return config;
}

// The `count` directories that follow the command; what comes behind them is for `flags`.
std::expected<std::span<const std::string>, CliText> TakeDirectories(
    std::span<const std::string> words, size_t count, const std::string& usage, Flags& flags) {
  const auto is_flag = [](const std::string& word) { return word.starts_with('-'); };
  const auto first_flag = std::ranges::find_if(words, is_flag);
  const std::span<const std::string> dirs(words.begin(), first_flag);
  if (dirs.size() != count) return std::unexpected(Mistake("usage: thalweg " + usage));
  for (const std::string& dir : dirs) {
    const std::string mistake = CheckDirectory(dir);
    if (!mistake.empty()) return std::unexpected(Mistake(mistake));
  }
  const auto mistake = flags.Parse({first_flag, words.end()});
  if (mistake) return std::unexpected(Mistake(*mistake));
  return dirs;
}

CliResult ParseVerify(std::span<const std::string> words) {
  Flags none;
  const auto dirs = TakeDirectories(words, 1, "verify DIR", none);
  if (!dirs) return dirs.error();
  return VerifyCommand{dirs->front()};
}

CliResult ParseDump(std::span<const std::string> words) {
  std::string stream;
  Flags flags;
  flags.Text("--stream", stream, CheckStreamPath);
  const auto dirs = TakeDirectories(words, 1, "dump DIR [--stream PATH]", flags);
  if (!dirs) return dirs.error();
  DumpOptions options{.dir = dirs->front(), .stream = std::nullopt};
  if (stream.empty()) return options;  // the flag is not given
  std::string storage;
  const auto key = ParseKey(stream, storage);
  if (!key) {
    return Mistake("--stream: '" + stream + "' can be no stream's path: " + key.error().detail);
  }
  options.stream = std::string(*key);
  return options;
}

CliResult ParseBackup(std::span<const std::string> words) {
  Flags none;
  const auto dirs = TakeDirectories(words, 2, "backup DIR TARGET", none);
  if (!dirs) return dirs.error();
  return BackupCommand{dirs->front(), dirs->back()};
}

CliResult ParseRepair(std::span<const std::string> words) {
  RepairCommand command;
  Flags flags;
  flags.Switch("--remove", [&command] { command.remove = true; });
  const auto dirs = TakeDirectories(words, 1, "repair DIR [--remove]", flags);
  if (!dirs) return dirs.error();
  command.dir = dirs->front();
  return command;
}

CliText UnknownCommand(const std::string& word) {
  if (word.starts_with('-')) return Mistake("a command comes first: thalweg serve " + word);
  const std::string_view nearest = NearestWord(word, kCommands);
  std::string what = "unknown command '" + word + "'";
  if (!nearest.empty()) what += "; did you mean " + std::string(nearest) + "?";
  return Mistake(what);
}

CliText Version() { return {"thalweg " THALWEG_VERSION "\n", 0}; }

bool Contains(std::span<const std::string> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

CliResult ParseCommandLine(std::span<const std::string> words) {
  if (words.empty()) return CliText{std::string(kHelp), kExitUsage};
  if (Contains(words, "--help") || Contains(words, "-h")) return CliText{std::string(kHelp), 0};
  if (Contains(words, "--version")) return Version();
  const std::string& command = words.front();
  if (command == "help") return CliText{std::string(kHelp), 0};
  if (command == "version") return Version();
  if (command == "serve") return ParseServe(words.subspan(1));
  if (command == "verify") return ParseVerify(words.subspan(1));
  if (command == "dump") return ParseDump(words.subspan(1));
  if (command == "backup") return ParseBackup(words.subspan(1));
  if (command == "repair") return ParseRepair(words.subspan(1));
  return UnknownCommand(command);
}

}  // namespace thalweg
