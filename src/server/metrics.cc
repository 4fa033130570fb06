// Crosses threads: see the header.
#include "server/metrics.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/metric_list.h"
#include "server/text_answer.h"

namespace thalweg {
namespace {

constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

double Number(uint64_t number) { return static_cast<double>(number); }
double SecondsOfMs(int64_t ms) { return static_cast<double>(ms) / 1e3; }

std::string NameOf(std::optional<Method> method) {
  if (!method) return "none";
  switch (*method) {
    case Method::kGet: return "GET";
    case Method::kHead: return "HEAD";
    case Method::kPut: return "PUT";
    case Method::kPost: return "POST";
    case Method::kDelete: return "DELETE";
    case Method::kOptions: return "OPTIONS";
    case Method::kOther: break;
  }
  return "other";
}

MetricList::Sample SampleOf(const AnswerStats& answer) {
  return {{{"method", NameOf(answer.method)}, {"code", std::to_string(answer.status)}},
          Number(answer.count)};
}

// Where a number appears out of nothing, Prometheus sees no increase: what one alarms on begins
// with 0.
std::vector<MetricList::Sample> SamplesOf(const std::vector<AnswerStats>& answers) {
  std::vector<MetricList::Sample> samples;
  for (const AnswerStats& answer : answers) samples.push_back(SampleOf(answer));
  for (const Method method :
       {Method::kGet, Method::kHead, Method::kPut, Method::kPost, Method::kDelete}) {
    for (const int status : {500, 503, 507}) {
      const bool is_there = std::ranges::any_of(answers, [&](const AnswerStats& answer) {
        return answer.method == method && answer.status == status;
      });
      if (!is_there) samples.push_back(SampleOf({.method = method, .status = status}));
    }
  }
  return samples;
}

void AddProcess(const ProcessStats& process, std::optional<int64_t> start_ms, MetricList& list) {
  list.AddGauge("thalweg_build_info", "1, with the version.",
                std::vector<MetricList::Sample>{{{{"version", THALWEG_VERSION}}, 1}});
  if (start_ms) {
    list.AddGauge("process_start_time_seconds", "When the process started, since 1970 UTC.",
                  SecondsOfMs(*start_ms));
  }
  list.AddCounter("process_cpu_seconds_total", "CPU time, user and system.",
                  static_cast<double>(process.cpu_us) / 1e6);
  if (process.resident_bytes) {
    list.AddGauge("process_resident_memory_bytes", "Memory that is there.",
                  Number(*process.resident_bytes));
  }
  if (process.virtual_bytes) {
    list.AddGauge("process_virtual_memory_bytes", "Addresses that are taken.",
                  Number(*process.virtual_bytes));
  }
  if (process.open_files) {
    list.AddGauge("process_open_fds", "Open file descriptors.", Number(*process.open_files));
  }
  list.AddGauge("process_max_fds", "The limit of them.", Number(process.open_files_max));
}

void AddStreams(const StoreStats& store, MetricList& list) {
  const ChangeStats& changes = store.changes;
  list.AddGauge("thalweg_store_failed",
                "1: the disk has failed or the directory is gone; the process ends.",
                store.failed ? 1 : 0);
  list.AddGauge(
      "thalweg_streams",
      "Streams there are, with those kept for their forks alone, and those whose time has "
      "come that nobody has met yet.",
      Number(store.streams));
  list.AddGauge("thalweg_streams_in_memory", "Of these, streams that are in memory.",
                Number(store.streams_in_memory));
  list.AddCounter("thalweg_stream_creates_total", "Streams created.", Number(changes.creates));
  list.AddCounter("thalweg_stream_closes_total", "Streams closed, by an append or without.",
                  Number(changes.closes));
  list.AddCounter("thalweg_stream_deletes_total", "Streams deleted.", Number(changes.deletes));
  list.AddCounter("thalweg_stream_expiries_total", "Streams ended by their time.",
                  Number(changes.expiries));
  list.AddCounter("thalweg_appends_total", "Appends that brought bytes.", Number(changes.appends));
  list.AddCounter("thalweg_duplicate_appends_total",
                  "Appends of producers that were there already, and changed nothing.",
                  Number(changes.duplicates));
  list.AddCounter("thalweg_appended_bytes_total", "Bytes that appends and creates brought.",
                  Number(changes.appended_bytes));
  list.AddCounter("thalweg_unreadable_total",
                  "Times that a request, a listing or a reader met damage of a stream.",
                  Number(store.unreadable));
}

void AddLog(const DiskStats& disk, MetricList& list) {
  list.AddGauge("thalweg_tail_memory_bytes", "Memory taken for what is not checkpointed.",
                Number(disk.tail_bytes));
  list.AddGauge("thalweg_tail_memory_max_bytes",
                "The most of it: --tail-memory. Appends get 503 beyond.",
                Number(disk.tail_bytes_max));
  list.AddCounter("thalweg_log_appended_bytes_total", "Bytes that the commit log grew by.",
                  Number(disk.log_appended_bytes));
  list.AddGauge("thalweg_log_uncheckpointed_bytes",
                "Bytes it grew by since the last checkpoint, which a start has to read.",
                Number(disk.log_uncheckpointed_bytes));
  list.AddGauge("thalweg_log_waiting_records", "Records that are not durable yet.",
                Number(disk.log_records_waiting));
  list.AddHistogram("thalweg_log_commit_seconds",
                    "How long it takes to make a batch of records durable.", disk.commits);
  list.AddGauge("thalweg_log_has_room", "0: no space, or no descriptor; appends get 507.",
                disk.log_has_room ? 1 : 0);
  list.AddCounter("thalweg_log_shortages_total", "Tries to write a batch that found no space.",
                  Number(disk.log_shortages));
}

void AddSegments(const DiskStats& disk, MetricList& list) {
  list.AddCounter("thalweg_checkpoints_total", "Checkpoints made.", Number(disk.checkpoints));
  list.AddCounter("thalweg_checkpoint_failures_total", "Checkpoints that failed.",
                  Number(disk.checkpoint_failures));
  list.AddGauge("thalweg_checkpoint_last_duration_seconds", "How long the last one took.",
                SecondsOfMs(disk.last_checkpoint_took_ms));
  list.AddGauge("thalweg_checkpoint_last_timestamp_seconds",
                "When it ended, since 1970 UTC; 0: none since the start.",
                SecondsOfMs(disk.last_checkpoint_ended_ms));
  list.AddGauge("thalweg_segments", "Segments that hold what is checkpointed.",
                Number(disk.segments));
  list.AddGauge("thalweg_segment_bytes", "Bytes of their files.", Number(disk.segment_bytes));
  list.AddGauge("thalweg_segments_set_aside", "Damaged ones, which merges leave alone.",
                Number(disk.segments_set_aside));
  list.AddCounter("thalweg_merges_total", "Merges of segments.", Number(disk.merges));
}

void AddDiskSpace(const DiskStats& disk, MetricList& list) {
  list.AddGauge("thalweg_disk_free_bytes", "What the directory's file system has left.",
                Number(disk.free_bytes));
  list.AddGauge("thalweg_disk_size_bytes", "What the directory's file system has in all.",
                Number(disk.size_bytes));
}

void AddConnections(const ServerStats& server, MetricList& list) {
  list.AddGauge("thalweg_loops", "Event loops.", Number(server.loops));
  list.AddHistogram("thalweg_loop_turn_seconds",
                    "From what a loop was woken for until it waits again.", server.turns);
  list.AddGauge("thalweg_http_connections", "Connections that are open and served.",
                Number(server.connections));
  list.AddGauge("thalweg_http_connections_max",
                "The most: --max-connections, or what open files allow.",
                Number(server.connections_max));
  list.AddCounter("thalweg_http_connections_accepted_total",
                  "Connections accepted, with those that were refused then.",
                  Number(server.connections_accepted));
  list.AddCounter("thalweg_http_connections_refused_total",
                  "Of these, connections refused for being beyond the most.",
                  Number(server.connections_refused));
  list.AddCounter("thalweg_http_accept_failures_total",
                  "Tries to accept a connection without a descriptor or memory for it.",
                  Number(server.accepts_failed));
}

void AddRequests(const ServerStats& server, MetricList& list) {
  list.AddCounter("thalweg_http_responses_total",
                  "Answers begun, by method (none: refused before it was a request) and status.",
                  SamplesOf(server.answers));
  list.AddHistogram("thalweg_http_write_seconds",
                    "From the turn that handled a PUT, POST or DELETE to the one of its 2xx.",
                    server.writes);
  list.AddCounter("thalweg_http_responses_aborted_total",
                  "Of these, answers that could not be brought to their end.",
                  Number(server.answers_aborted));
  list.AddCounter("thalweg_http_requests_refused_total",
                  "Requests refused for want of memory (--max-bodies).",
                  Number(server.requests_refused));
  list.AddCounter("thalweg_http_received_bytes_total", "Bytes received.",
                  Number(server.received_bytes));
  list.AddCounter("thalweg_http_sent_bytes_total", "Bytes sent.", Number(server.sent_bytes));
  list.AddGauge("thalweg_http_request_memory_bytes", "Memory that requests under way take.",
                Number(server.request_bytes));
  list.AddGauge("thalweg_http_request_memory_max_bytes",
                "The most of it, of all loops; each has an equal part. They get 503 beyond.",
                Number(server.request_bytes_max));
  list.AddGauge("thalweg_live_readers", "Readers that are held, and wait for what comes.",
                std::vector<MetricList::Sample>{
                    {{{"kind", "sse"}}, Number(server.readers.sse_readers)},
                    {{{"kind", "long_poll"}}, Number(server.readers.long_polls)}});
}

}  // namespace

std::string MetricsText(const ServerStats& server_stats, const StoreStats& store_stats,
                        const ProcessStats& process, std::optional<int64_t> process_start_ms) {
  MetricList list;
  AddProcess(process, process_start_ms, list);
  AddStreams(store_stats, list);
  if (store_stats.disk) {
    AddLog(*store_stats.disk, list);
    AddSegments(*store_stats.disk, list);
    AddDiskSpace(*store_stats.disk, list);
  }
  AddConnections(server_stats, list);
  AddRequests(server_stats, list);
  return list.Text();
}

bool MetricsPage::Answer(const Request& request, Responder& responder) const {
  if (request.path != "/metrics") return false;
  if (RefusedMethod(request, responder)) return true;
  Server* const server = server_;
  if (server == nullptr) {
    SendText(responder, 503, kTextType, Bytes::Static("starting\n"));
    return true;
  }
  std::string text =
      MetricsText(server->Stats(), server->store().Stats(), StatsOfProcess(), process_start_ms_);
  SendText(responder, 200, kMetricsType, Bytes::Own(std::move(text)));
  return true;
}

}  // namespace thalweg
