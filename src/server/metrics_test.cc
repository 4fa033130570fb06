#include "server/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/system_clock.h"
#include "http/recording_responder.h"
#include "server/text_answer.h"

namespace thalweg {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Durations SomeDurations(uint64_t count, uint64_t sum_us) {
  Durations durations;
  durations.counts[1] = count;
  durations.sum_us = sum_us;
  return durations;
}

// Each number another, so that none can stand for another.
StoreStats SomeStore() {
  StoreStats store{.changes = {.creates = 1,
                               .appends = 2,
                               .appended_bytes = 3,
                               .duplicates = 4,
                               .closes = 5,
                               .deletes = 6,
                               .expiries = 7},
                   .unreadable = 8,
                   .streams = 9,
                   .streams_in_memory = 10,
                   .failed = true};
  DiskStats& disk = store.disk.emplace();
  disk.tail_bytes = 11;
  disk.tail_bytes_max = 12;
  disk.log_appended_bytes = 13;
  disk.log_uncheckpointed_bytes = 14;
  disk.log_records_waiting = 15;
  disk.log_shortages = 16;
  disk.log_has_room = false;
  disk.commits = SomeDurations(61, 62'000'000);
  disk.checkpoints = 17;
  disk.checkpoint_failures = 18;
  disk.last_checkpoint_took_ms = 1'900;
  disk.last_checkpoint_ended_ms = 2'000'500;
  disk.segments = 21;
  disk.segment_bytes = 22;
  disk.segments_set_aside = 23;
  disk.merges = 24;
  disk.free_bytes = 25;
  disk.size_bytes = 26;
  return store;
}

ServerStats SomeServer() {
  return {.loops = 31,
          .turns = SomeDurations(63, 64'000'000),
          .connections = 32,
          .connections_max = 33,
          .connections_accepted = 34,
          .connections_refused = 35,
          .accepts_failed = 36,
          .answers = {{Method::kPost, 507, 37}, {std::nullopt, 408, 38}},
          .writes = SomeDurations(65, 66'000'000),
          .answers_aborted = 46,
          .requests_refused = 39,
          .request_bytes = 40,
          .request_bytes_max = 41,
          .received_bytes = 42,
          .sent_bytes = 43,
          .readers = {.sse_readers = 44, .long_polls = 45}};
}

constexpr int64_t kStartMs = 54'000;

ProcessStats SomeProcess() {
  return {.cpu_us = 51'500'000,
          .resident_bytes = 52,
          .virtual_bytes = 53,
          .open_files = 55,
          .open_files_max = 56};
}

// Sample by sample, as it is written; lines of comments apart.
std::map<std::string, std::string> SamplesOf(const std::string& text) {
  std::map<std::string, std::string> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const size_t space = line.rfind(' ');
    EXPECT_TRUE(samples.emplace(line.substr(0, space), line.substr(space + 1)).second) << line;
  }
  return samples;
}

std::set<std::string> NamesIn(const std::string& text) {
  std::set<std::string> names;
  std::istringstream lines(text);
  const std::string type = "# TYPE ";
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(type)) continue;
    const std::string name = line.substr(type.size(), line.rfind(' ') - type.size());
    EXPECT_TRUE(names.insert(name).second) << name << " twice";
  }
  return names;
}

TEST(Metrics, TellEachNumberByItsName) {
  const auto samples = SamplesOf(MetricsText(SomeServer(), SomeStore(), SomeProcess(), kStartMs));
  const std::map<std::string, std::string> want = {
      {"thalweg_stream_creates_total", "1"},
      {"thalweg_appends_total", "2"},
      {"thalweg_appended_bytes_total", "3"},
      {"thalweg_duplicate_appends_total", "4"},
      {"thalweg_stream_closes_total", "5"},
      {"thalweg_stream_deletes_total", "6"},
      {"thalweg_stream_expiries_total", "7"},
      {"thalweg_unreadable_total", "8"},
      {"thalweg_streams", "9"},
      {"thalweg_streams_in_memory", "10"},
      {"thalweg_store_failed", "1"},
      {"thalweg_tail_memory_bytes", "11"},
      {"thalweg_tail_memory_max_bytes", "12"},
      {"thalweg_log_appended_bytes_total", "13"},
      {"thalweg_log_uncheckpointed_bytes", "14"},
      {"thalweg_log_waiting_records", "15"},
      {"thalweg_log_shortages_total", "16"},
      {"thalweg_log_has_room", "0"},
      {"thalweg_log_commit_seconds_sum", "62"},
      {"thalweg_log_commit_seconds_count", "61"},
      {"thalweg_checkpoints_total", "17"},
      {"thalweg_checkpoint_failures_total", "18"},
      {"thalweg_checkpoint_last_duration_seconds", "1.9"},
      {"thalweg_checkpoint_last_timestamp_seconds", "2000.5"},
      {"thalweg_segments", "21"},
      {"thalweg_segment_bytes", "22"},
      {"thalweg_segments_set_aside", "23"},
      {"thalweg_merges_total", "24"},
      {"thalweg_disk_free_bytes", "25"},
      {"thalweg_disk_size_bytes", "26"},
      {"thalweg_loops", "31"},
      {"thalweg_loop_turn_seconds_count", "63"},
      {"thalweg_loop_turn_seconds_sum", "64"},
      {"thalweg_http_write_seconds_count", "65"},
      {"thalweg_http_write_seconds_sum", "66"},
      {"thalweg_http_connections", "32"},
      {"thalweg_http_connections_max", "33"},
      {"thalweg_http_connections_accepted_total", "34"},
      {"thalweg_http_connections_refused_total", "35"},
      {"thalweg_http_accept_failures_total", "36"},
      {"thalweg_http_requests_refused_total", "39"},
      {"thalweg_http_responses_total{method=\"POST\",code=\"507\"}", "37"},
      {"thalweg_http_responses_total{method=\"PUT\",code=\"507\"}", "0"},
      {"thalweg_http_responses_aborted_total", "46"},
      {"thalweg_http_responses_total{method=\"none\",code=\"408\"}", "38"},
      {"thalweg_http_request_memory_bytes", "40"},
      {"thalweg_http_request_memory_max_bytes", "41"},
      {"thalweg_http_received_bytes_total", "42"},
      {"thalweg_http_sent_bytes_total", "43"},
      {"thalweg_live_readers{kind=\"sse\"}", "44"},
      {"thalweg_live_readers{kind=\"long_poll\"}", "45"},
      {"process_cpu_seconds_total", "51.5"},
      {"process_resident_memory_bytes", "52"},
      {"process_virtual_memory_bytes", "53"},
      {"process_start_time_seconds", "54"},
      {"process_open_fds", "55"},
      {"process_max_fds", "56"},
  };
  for (const auto& [name, value] : want) {
    const auto found = samples.find(name);
    EXPECT_EQ(found == samples.end() ? "nothing" : found->second, value) << name;
  }
  for (const auto& [name, value] : samples) {
    const bool is_other = name.starts_with("thalweg_build_info") ||
                          name.find("_seconds_bucket") != std::string::npos ||
                          (name.starts_with("thalweg_http_responses_total") && value == "0");
    EXPECT_TRUE(is_other || want.contains(name)) << name << " is not looked at";
  }
}

TEST(Metrics, LeaveOutWhatThereIsNot) {
  StoreStats store = SomeStore();
  store.disk.reset();
  ProcessStats process = SomeProcess();
  process.open_files.reset();
  process.resident_bytes.reset();
  process.virtual_bytes.reset();
  const std::set<std::string> names =
      NamesIn(MetricsText(SomeServer(), store, process, std::nullopt));
  EXPECT_TRUE(names.contains("thalweg_streams"));
  for (const char* gone : {"thalweg_segments", "thalweg_log_has_room", "process_open_fds",
                           "process_start_time_seconds", "process_resident_memory_bytes",
                           "process_virtual_memory_bytes"}) {
    EXPECT_FALSE(names.contains(gone)) << gone;
  }
}

// The lines of the document below the heading.
std::vector<std::string> DocumentedLines() {
  std::ifstream page(THALWEG_OPERATING_PAGE);
  EXPECT_TRUE(page.is_open());
  std::vector<std::string> lines;
  bool is_here = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) is_here = line == "## Metrics";
    if (is_here) lines.push_back(line);
  }
  return lines;
}

// Words of the text that are names of metrics, without what a histogram's samples have behind them.
std::set<std::string> NamesMentionedIn(std::string_view text) {
  constexpr std::string_view kOfNames = "abcdefghijklmnopqrstuvwxyz_";
  std::set<std::string> names;
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find_first_not_of(kOfNames));
    text.remove_prefix(std::max<size_t>(word.size(), 1));
    if (!word.starts_with("thalweg_") && !word.starts_with("process_")) continue;
    for (const std::string_view ending : {"_bucket", "_count", "_sum"}) {
      if (word.ends_with(ending)) word.remove_suffix(ending.size());
    }
    names.emplace(word);
  }
  return names;
}

// Its first table has a row "| `name` ..." for each; its second has what to alarm on.
TEST(Metrics, StandInTheDocumentAndNoOthersDo) {
  const std::set<std::string> names =
      NamesIn(MetricsText(SomeServer(), SomeStore(), SomeProcess(), kStartMs));
  std::set<std::string> documented, mentioned;
  int tables = 0;
  for (const std::string& line : DocumentedLines()) {
    if (line == "|---|---|") ++tables;
    if (tables == 1 && line.starts_with("| `")) {
      const std::string name = line.substr(3, line.find_first_of("`{", 3) - 3);
      EXPECT_TRUE(documented.insert(name).second) << name << " twice";
    }
    mentioned.merge(NamesMentionedIn(line));
  }
  EXPECT_EQ(tables, 2);
  EXPECT_EQ(documented, names);
  EXPECT_EQ(mentioned, names) << "in the alarms, too";
}

TEST(MetricsPage, AnswersItsPathAndNoOther) {
  const SystemClock clock;
  MetricsPage page(clock);
  const auto ask = [&page](Method method, std::string_view path, RecordingResponder& reply) {
    Request request;
    request.method = method;
    request.path = path;
    return page.Answer(request, reply);
  };
  RecordingResponder early, whole, head, post, other;
  EXPECT_TRUE(ask(Method::kGet, "/metrics", early));
  EXPECT_EQ(early.status(), 503) << "there is no server yet";
  const auto server = Server::Start({.port = 0, .threads = 2});
  ASSERT_TRUE(server);
  page.Show(**server);
  EXPECT_TRUE(ask(Method::kGet, "/metrics", whole));
  EXPECT_EQ(whole.status(), 200);
  EXPECT_EQ(whole.Header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(whole.Header("cache-control"), "no-store");
  EXPECT_THAT(whole.body(), StartsWith("# HELP "));
  EXPECT_THAT(whole.body(), HasSubstr("\nthalweg_loops 2\n"));
  const std::string start = "\nprocess_start_time_seconds ";
  const auto start_line = [&start](const RecordingResponder& reply) {
    const size_t at = reply.body().find(start);
    return reply.body().substr(at, reply.body().find('\n', at + 1) - at);
  };
  for (int i = 0; i < 50; ++i) {
    RecordingResponder again;
    EXPECT_TRUE(ask(Method::kGet, "/metrics", again));
    EXPECT_EQ(start_line(again), start_line(whole)) << "a constant";
  }
  EXPECT_TRUE(ask(Method::kHead, "/metrics", head));
  EXPECT_EQ(head.status(), 200);
  EXPECT_TRUE(ask(Method::kPost, "/metrics", post));
  EXPECT_EQ(post.status(), 405);
  EXPECT_EQ(post.Header("allow"), "GET, HEAD");
  EXPECT_FALSE(ask(Method::kGet, "/metrics/", other));
  EXPECT_FALSE(ask(Method::kGet, "/v1/stream/metrics", other));
}

}  // namespace
}  // namespace thalweg
