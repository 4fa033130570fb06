#include "server/cli.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <vector>

#include "server/exit_codes.h"
#include "server/memory_limit.h"

namespace thalweg {
namespace {

CliResult Parse(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return ParseCommandLine(words);
}

std::optional<ServeConfig> ConfigOf(const std::string& line) {
  CliResult result = Parse(line);
  const auto* config = std::get_if<ServeConfig>(&result);
  if (config == nullptr) {
    ADD_FAILURE() << line << ": " << std::get<CliText>(result).text;
    return std::nullopt;
  }
  return *config;
}

TEST(CommandLine, TakesEveryFlag) {
  const auto config = ConfigOf(
      "serve --memory --host ::1 --port 0 --base-path /s --public-url https://example.com:8443 "
      "--threads 3 --long-poll-timeout 500ms --sse-max-age 2m --sse-heartbeat 1s --max-body 1MiB "
      "--max-page 64KB --max-header 8KiB --max-connections 10 --header-timeout 1s "
      "--body-timeout 2s --idle-timeout 3s --write-timeout 4s --cache no-store --no-compression "
      "--no-cors --log-level debug --max-bodies 9MiB --drain 7s --metrics");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->server.limits.bodies_bytes_max, 9u << 20);
  EXPECT_EQ(config->server.host, "::1");
  EXPECT_EQ(config->server.port, 0);
  EXPECT_EQ(config->server.limits.body_bytes_max, 1u << 20);
  EXPECT_EQ(config->server.limits.header_bytes_max, 8u << 10);
  EXPECT_EQ(config->server.limits.connections_max, 10u);
  EXPECT_EQ(config->server.limits.header_timeout_ms, 1000);
  EXPECT_EQ(config->server.limits.body_timeout_ms, 2000);
  EXPECT_EQ(config->server.limits.idle_timeout_ms, 3000);
  EXPECT_EQ(config->server.limits.write_timeout_ms, 4000);
  EXPECT_EQ(config->server.router.base_path, "/s");
  EXPECT_EQ(config->server.router.public_url, "https://example.com:8443");
  EXPECT_EQ(config->server.router.long_poll_timeout_ms, 500);
  EXPECT_EQ(config->server.router.sse_max_age_ms, 120'000);
  EXPECT_EQ(config->server.router.sse_heartbeat_ms, 1000);
  EXPECT_EQ(config->server.router.page_bytes_max, 64'000u);
  EXPECT_EQ(config->server.router.cache_policy, CachePolicy::kNoStore);
  EXPECT_FALSE(config->server.router.compression);
  EXPECT_FALSE(config->server.router.cors);
  EXPECT_EQ(config->server.threads, 3u);
  EXPECT_EQ(config->log_level, "debug");
  EXPECT_EQ(config->drain_ms, 7'000);
  EXPECT_TRUE(config->metrics);
}

TEST(CommandLine, TakesNoTimeForWhatIsNotToWait) {
  const auto config = ConfigOf("serve --memory --long-poll-timeout 0s --sse-heartbeat 0s");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->server.router.long_poll_timeout_ms, 0);
  EXPECT_EQ(config->server.router.sse_heartbeat_ms, 0);
}

TEST(CommandLine, GivesMemoryToWhatNobodyGaveASize) {
  const auto config = ConfigOf("serve --threads 256");
  ASSERT_TRUE(config);
  const MemoryShares shares = DefaultShares(MemoryLimit(), 256);
  EXPECT_EQ(config->server.store.tail_bytes_max, shares.tail);
  EXPECT_EQ(config->server.limits.bodies_bytes_max, shares.bodies);
  EXPECT_EQ(config->server.limits.body_bytes_max, shares.body);
  EXPECT_EQ(config->drain_ms, 0);
}

TEST(CommandLine, TakesEveryFlagOfTheDisk) {
  const auto config = ConfigOf(
      "serve --data-dir /d --log-file 1MiB --checkpoint-log 2MiB --checkpoint-age 3s "
      "--tail-memory 4MiB --merge-rate 5MiB");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->server.data_dir, "/d");
  EXPECT_EQ(config->server.store.log_file_bytes, 1u << 20);
  EXPECT_EQ(config->server.store.checkpoint_log_bytes, 2u << 20);
  EXPECT_EQ(config->server.store.checkpoint_age_ms, 3'000);
  EXPECT_EQ(config->server.store.tail_bytes_max, 4u << 20);
  EXPECT_EQ(config->server.store.merge_bytes_per_s, 5u << 20);
}

TEST(CommandLine, KeepsStreamsInADirectoryUnlessAskedNotTo) {
  EXPECT_EQ(ConfigOf("serve")->server.data_dir, "data");
  EXPECT_EQ(ConfigOf("serve --data-dir /srv/streams")->server.data_dir, "/srv/streams");
  EXPECT_EQ(ConfigOf("serve --memory")->server.data_dir, "");
}

TEST(CommandLine, LeavesTheDefaultsOfWhatIsNotGiven) {
  const auto config = ConfigOf("serve --memory");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->server.data_dir, "");
  EXPECT_EQ(config->server.host, "127.0.0.1");
  EXPECT_EQ(config->server.port, 4437);
  EXPECT_EQ(config->server.router.base_path, "/v1/stream");
  EXPECT_EQ(config->server.router.long_poll_timeout_ms, 30'000);
  EXPECT_EQ(config->server.router.cache_policy, CachePolicy::kPublic);
  EXPECT_TRUE(config->server.router.cors);
  EXPECT_FALSE(config->metrics);
  EXPECT_TRUE(config->server.router.compression);
  EXPECT_EQ(config->server.threads, 0u) << "one for each core";
}

TEST(CommandLine, OfTwoThatUndoEachOtherTakesTheLast) {
  EXPECT_TRUE(ConfigOf("serve --no-cors --cors")->server.router.cors);
  EXPECT_FALSE(ConfigOf("serve --cors --no-cors")->server.router.cors);
  EXPECT_FALSE(ConfigOf("serve --no-cors --no-cors")->server.router.cors);
}

TEST(CommandLine, TakesAValueBehindAnEqualsSign) {
  const auto config = ConfigOf("serve --port=81 --memory --cache=private --base-path=/");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->server.port, 81);
  EXPECT_EQ(config->server.router.cache_policy, CachePolicy::kPrivate);
  EXPECT_EQ(config->server.router.base_path, "/");
}

TEST(CommandLine, TakesNoEmptyName) {
  struct Case {
    std::vector<std::string> words;
    const char* want = "a directory is needed";  // a part of the message
  };
  const Case cases[] = {
      {{"verify", ""}},
      {{"dump", ""}},
      {{"backup", "/a", ""}},
      {{"repair", ""}},
      {{"serve", "--data-dir", ""}},
      {{"dump", "/a", "--stream", ""}, "the path of a stream is needed"},
  };
  for (const Case& c : cases) {
    const CliResult result = ParseCommandLine(c.words);
    const CliText* const mistake = std::get_if<CliText>(&result);
    ASSERT_NE(mistake, nullptr) << c.want;
    EXPECT_EQ(mistake->exit_code, kExitUsage) << mistake->text;
    EXPECT_NE(mistake->text.find(c.want), std::string::npos) << mistake->text;
  }
}

// Every mistake is exit code 2 and one line that names what is wrong.
TEST(CommandLine, AnswersAMistakeWithOneHelpfulLine) {
  struct Case {
    const char* line;
    const char* want;  // a part of the message
  };
  const Case cases[] = {
      {"serv", "unknown command 'serv'; did you mean serve?"},
      {"frobnicate", "unknown command 'frobnicate' (see"},
      {"--memory", "a command comes first: thalweg serve --memory"},
      {"verify", "usage: thalweg verify DIR"},
      {"verify /a /b", "usage: thalweg verify DIR"},
      {"verify /a --fast", "unknown flag '--fast'"},
      {"dump --stream /s", "usage: thalweg dump DIR"},
      {"dump /a --stream /", "--stream: '/' can be no stream's path: The path names no stream."},
      {"dump /a --stream a/../b", "Dot segments are not allowed."},
      {"serve --memory --cors=false", "--cors takes no value"},
      {"serve --memory --no-cors=false", "--no-cors takes no value"},
      {"backup /a", "usage: thalweg backup DIR TARGET"},
      {"repair --remove", "usage: thalweg repair DIR [--remove]"},
      {"repair /a --delete", "unknown flag '--delete'"},
      {"serve --memory --data-dir /x", "leave out --data-dir"},
      {"serve --tail-memory=1MiB --memory", "leave out --tail-memory"},
      {"serve --memory --prot 80", "unknown flag '--prot'; did you mean --port?"},
      {"serve --memory --colour=red", "unknown flag '--colour' (see"},
      {"serve --memory here", "unexpected argument 'here'"},
      {"serve --memory --port", "--port: 1 required value missing"},
      {"serve --data-dir= --port 80", "--data-dir: a value is missing"},
      {"serve --port=80 --data-dir --memory", "--data-dir: a value is missing"},
      {"serve --memory --host --port=80", "--host: a value is missing"},
      {"serve --memory --port= --host ::1", "--port: a value is missing"},
      {"dump /d --stream=", "--stream: a value is missing"},
      {"serve --memory --port 65536", "--port: '65536' is not a number from 0 to 65535"},
      {"serve --memory --port http", "--port: 'http' is not a number"},
      {"serve --memory --port -1", "--port"},
      {"serve --memory --port 80 --port 81", "--port"},
      {"serve --memory --threads 0", "--threads: '0' is not a number from 1 to 256"},
      {"serve --memory --long-poll-timeout 30", "--long-poll-timeout: '30' is not a duration"},
      {"serve --memory --sse-max-age 0s", "--sse-max-age: must be at least 2000ms"},
      {"serve --memory --max-body lots", "--max-body: 'lots' is not a size"},
      {"serve --memory --max-page 0", "--max-page: must be at least 1 byte"},
      {"serve --memory --max-connections 0", "--max-connections: '0' is not a number from 1"},
      {"serve --memory --cache shared",
       "--cache: 'shared' is not one of public, private, no-store"},
      {"serve --memory --log-level loud", "--log-level: 'loud' is not one of trace"},
      {"serve --memory --base-path v1", "--base-path: 'v1' is not a path"},
      {"serve --memory --base-path /v1/", "--base-path: '/v1/' is not a path"},
      {"serve --memory --base-path /a//b", "--base-path: '/a//b' is not a path"},
      {"serve --memory --base-path /.", "--base-path: '/.' is not a path"},
      {"serve --memory --base-path /a/../b", "--base-path: '/a/../b' is not a path"},
      {"serve --memory --base-path /a?b", "--base-path: '/a?b' is not a path"},
      {"serve --memory --public-url example.com", "--public-url: 'example.com' is not scheme"},
      {"serve --memory --public-url http://", "--public-url: 'http://' is not scheme"},
      {"serve --memory --public-url http://a/b", "--public-url: 'http://a/b' is not scheme"},
  };
  for (const Case& c : cases) {
    const CliResult result = Parse(c.line);
    const auto* say = std::get_if<CliText>(&result);
    ASSERT_NE(say, nullptr) << c.line;
    EXPECT_EQ(say->exit_code, kExitUsage) << c.line;
    EXPECT_NE(say->text.find(c.want), std::string::npos) << c.line << ": " << say->text;
    EXPECT_EQ(std::count(say->text.begin(), say->text.end(), '\n'), 1) << say->text;
    EXPECT_TRUE(say->text.starts_with("thalweg: ")) << say->text;
  }
}

std::string HelpText() { return std::get<CliText>(Parse("--help")).text; }

TEST(CommandLine, PrintsHelpAndVersionWhereverTheyStand) {
  EXPECT_TRUE(HelpText().starts_with("Thalweg: a Durable Streams server.\nusage: thalweg serve"));
  for (const char* line :
       {"-h", "help", "help serve", "serve --help", "serve --memory --port 1 -h"}) {
    const CliText say = std::get<CliText>(Parse(line));
    EXPECT_EQ(say.text, HelpText()) << line;
    EXPECT_EQ(say.exit_code, 0) << line;
  }
  const CliText nothing_asked = std::get<CliText>(Parse(""));
  EXPECT_EQ(nothing_asked.text, HelpText());
  EXPECT_EQ(nothing_asked.exit_code, kExitUsage);
  for (const char* line : {"--version", "version"}) {
    const CliText version = std::get<CliText>(Parse(line));
    EXPECT_TRUE(version.text.starts_with("thalweg 0.")) << version.text;
    EXPECT_EQ(version.exit_code, 0) << line;
  }
}

TEST(CommandLine, OperatorsNameADirectoryOrTwo) {
  EXPECT_EQ(std::get<VerifyCommand>(Parse("verify /d")).dir, "/d");
  const auto dump = std::get<DumpOptions>(Parse("dump /d --stream /rooms/lobby"));
  EXPECT_EQ(dump.dir, "/d");
  EXPECT_EQ(dump.stream, "rooms/lobby");
  EXPECT_EQ(std::get<DumpOptions>(Parse("dump /d --stream a")).stream, "a");
  EXPECT_EQ(std::get<DumpOptions>(Parse("dump /d")).stream, std::nullopt);
  EXPECT_EQ(std::get<DumpOptions>(Parse("dump /d --stream room{7}/caf%c3%a9")).stream,
            "room%7B7%7D/caf%C3%A9");
  const auto backup = std::get<BackupCommand>(Parse("backup /d /t"));
  EXPECT_EQ(backup.dir, "/d");
  EXPECT_EQ(backup.target, "/t");
  EXPECT_EQ(std::get<RepairCommand>(Parse("repair /d")).dir, "/d");
  EXPECT_FALSE(std::get<RepairCommand>(Parse("repair /d")).remove);
  EXPECT_TRUE(std::get<RepairCommand>(Parse("repair /d --remove")).remove);
}

TEST(CommandLine, HelpFitsAScreen) {
  std::istringstream help{HelpText()};
  int lines = 0;
  for (std::string line; std::getline(help, line); ++lines) {
    EXPECT_LE(line.size(), 80u) << line;
  }
  EXPECT_LE(lines, 45);
}

}  // namespace
}  // namespace thalweg
