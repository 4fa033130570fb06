#include "bench/load/run.h"

#include <unistd.h>

#include <algorithm>

#include "bench/load/json_line.h"
#include "bench/load/report.h"
#include "bench/load/stamp.h"

namespace thalweg::bench {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kPrepareNsMax = 900 * kSecondNs;
constexpr int64_t kReadyNsMax = 60 * kSecondNs;
constexpr int64_t kDrainNsMax = 5 * kSecondNs;
constexpr size_t kPrepareConnections = 64;
constexpr size_t kPreparePipeline = 16;
constexpr size_t kFillMessageBytes = 1024;
// 100 MB/s: more than a disk takes makes a server refuse some of it.
constexpr double kFillsPerSecond = 100'000;
constexpr double kAsFastAsItGoes = 0;

int64_t Nanoseconds(double seconds) { return static_cast<int64_t>(seconds * 1e9); }

bool HasAppends(Mode mode) { return mode != Mode::kReplay && mode != Mode::kIdle; }

}  // namespace

Run::Run(ClientLoop& loop, const Flags& flags) : loop_(loop), flags_(flags) {}

Run::~Run() = default;

void Run::Perform() {
  Prepare();
  if (loop_.failure().empty()) Connect();
  if (loop_.failure().empty()) Measure();
  if (loop_.failure().empty()) Drain();
}

template <typename Done>
bool Run::TurnUntil(int64_t until_ns, Requester* requester, Done&& done) {
  while (loop_.failure().empty() && !done()) {
    const int64_t now_ns = NowNs();
    if (now_ns >= until_ns) return false;
    if (requester != nullptr) requester->Tick(now_ns);
    loop_.Poll(requester == nullptr ? until_ns : std::min(until_ns, requester->NextDue()));
  }
  return loop_.failure().empty();
}

void Run::SendAll(RequestSource& source, uint64_t requests, double per_second, const char* what) {
  RequesterOptions options;
  options.connections = std::min<uint64_t>(kPrepareConnections, requests);
  options.pipeline = kPreparePipeline;
  options.requests_max = requests;
  options.per_second = per_second;
  Requester requester(loop_, source, options, NowNs());
  const bool all =
      TurnUntil(NowNs() + kPrepareNsMax, &requester, [&] { return requester.all_answered(); });
  if (!all) loop_.Fail(std::string(what) + ": not all was answered in time");
  if (requester.errors() > 0)
    loop_.Fail(fmt::format("{}: {} of {} were refused", what, requester.errors(), requests));
}

void Run::Prepare() {
  if (flags_.create) {
    CreateRequests creates(loop_.target(), flags_.streams, flags_.message.type);
    SendAll(creates, flags_.streams.count, kAsFastAsItGoes, "creating streams");
  }
  const uint64_t fills = flags_.fill_bytes / kFillMessageBytes * flags_.streams.count;
  if (fills == 0 || !loop_.failure().empty()) return;
  const Message message{.type = flags_.message.type, .bytes = kFillMessageBytes};
  AppendRequests appends(loop_.target(), flags_.streams, message, Pick::kTurns,
                         AppendRequests::Producer::kNone);
  SendAll(appends, fills, kFillsPerSecond, "filling streams");
}

void Run::Connect() {
  rss_before_bytes_ = UsageOf(flags_.watched).rss_bytes;
  if (flags_.readers > 0) {
    live_ = std::make_unique<LiveReaders>(loop_, flags_.streams, flags_.live, flags_.readers);
    if (!TurnUntil(NowNs() + kReadyNsMax, nullptr, [&] { return live_->all_ready(); }))
      return loop_.Fail(fmt::format("{} of {} readers came to the tails of their streams",
                                    live_->deliveries().ready, flags_.readers));
  }
  if (flags_.replays > 0 && !flags_.replay_once) ConnectReplays();
  if (HasAppends(flags_.mode)) ConnectAppends();
}

void Run::ConnectReplays() {
  Streams streams = flags_.streams;
  if (!flags_.replay_prefix.empty()) streams.prefix = flags_.replay_prefix;
  replay_ = std::make_unique<ReplayReaders>(loop_, streams, flags_.replays, flags_.replay_once);
}

void Run::ConnectAppends() {
  const auto producer = flags_.mode == Mode::kProducer ? AppendRequests::Producer::kOnePerClient
                                                       : AppendRequests::Producer::kNone;
  appends_ = std::make_unique<AppendRequests>(loop_.target(), flags_.streams, flags_.message,
                                              flags_.pick, producer);
  RequesterOptions options{.connections = flags_.connections,
                           .pipeline = flags_.pipeline,
                           .per_second = flags_.per_second};
  if (flags_.requests_max > 0) options.requests_max = flags_.requests_max;
  requester_ = std::make_unique<Requester>(loop_, *appends_, options, NowNs());
}

void Run::Measure() {
  const auto all_sent = [&] { return requester_ != nullptr && requester_->all_answered(); };
  const auto all_replayed = [&] { return replay_ != nullptr && replay_->all_done(); };
  TurnUntil(NowNs() + Nanoseconds(flags_.warmup_seconds), requester_.get(), all_sent);
  const int64_t begun_ns = NowNs();
  if (flags_.replays > 0 && flags_.replay_once) ConnectReplays();
  if (requester_ != nullptr) requester_->StartMeasuring();
  if (live_ != nullptr) live_->StartMeasuring(begun_ns);
  if (replay_ != nullptr) replay_->StartMeasuring();
  const Usage server = UsageOf(flags_.watched), client = UsageOf(getpid());
  TurnUntil(begun_ns + Nanoseconds(flags_.seconds), requester_.get(),
            [&] { return all_sent() || (flags_.replay_once && all_replayed()); });
  server_ = Since(server, UsageOf(flags_.watched));
  client_ = Since(client, UsageOf(getpid()));
  measured_seconds_ = static_cast<double>(NowNs() - begun_ns) / 1e9;
}

// What is under way still counts for latencies and losses, but not for rates.
void Run::Drain() {
  if (requester_ != nullptr) requester_->Stop(NowNs());
  if (live_ != nullptr) live_->Stop();
  if (replay_ != nullptr) replay_->Stop();
  TurnUntil(NowNs() + kDrainNsMax, nullptr, [&] { return Drained(); });
}

bool Run::Drained() const {
  if (requester_ == nullptr) return true;
  if (!requester_->idle()) return false;
  return live_ == nullptr || live_->deliveries().all >= live_->Expected(*appends_);
}

std::string Run::Report() const {
  JsonLine line;
  line.Add("mode", std::string_view(NameOf(flags_.mode)));
  line.Add("seconds", measured_seconds_);
  line.Add("streams", static_cast<int64_t>(flags_.streams.count));
  if (requester_ != nullptr) ReportAppends(line);
  if (live_ != nullptr) ReportDeliveries(line);
  if (replay_ != nullptr) ReportReplays(line);
  ReportUsage(line);
  return line.Text();
}

void Run::ReportAppends(JsonLine& line) const {
  const auto succeeded = static_cast<int64_t>(requester_->succeeded());
  line.Begin("append");
  line.Add("connections", static_cast<int64_t>(flags_.connections));
  line.Add("operations", succeeded);
  line.Add("asked_rate", flags_.per_second);
  line.Add("rate", static_cast<double>(succeeded) / measured_seconds_);
  line.Add("messages", succeeded * static_cast<int64_t>(flags_.message.batch));
  line.Add("bytes", succeeded * static_cast<int64_t>(appends_->bytes()));
  line.Add("errors", static_cast<int64_t>(requester_->errors()));
  line.Add("unsent", static_cast<int64_t>(requester_->unsent()));
  line.Add("unanswered", static_cast<int64_t>(requester_->unanswered()));
  AddLatencies(requester_->latencies(), line);
  line.End();
}

void Run::ReportDeliveries(JsonLine& line) const {
  const Deliveries& deliveries = live_->deliveries();
  const uint64_t expected = appends_ == nullptr ? 0 : live_->Expected(*appends_);
  line.Begin("deliver");
  line.Add("readers", static_cast<int64_t>(flags_.readers));
  line.Add("operations", static_cast<int64_t>(deliveries.counted));
  line.Add("rate", static_cast<double>(deliveries.counted) / measured_seconds_);
  line.Add("lost", static_cast<int64_t>(expected - std::min(expected, deliveries.all)));
  line.Add("errors", static_cast<int64_t>(deliveries.errors));
  line.Add("reconnects", static_cast<int64_t>(deliveries.reconnects));
  AddLatencies(deliveries.latencies, line);
  line.End();
}

void Run::ReportReplays(JsonLine& line) const {
  const Replays& replays = replay_->replays();
  line.Begin("replay");
  line.Add("readers", static_cast<int64_t>(flags_.replays));
  line.Add("operations", static_cast<int64_t>(replays.latencies.count()));
  line.Add("pages", static_cast<int64_t>(replays.pages));
  line.Add("bytes", static_cast<int64_t>(replays.bytes));
  line.Add("rate", static_cast<double>(replays.bytes) / 1e6 / measured_seconds_);
  line.Add("errors", static_cast<int64_t>(replays.errors));
  AddLatencies(replays.latencies, line);
  line.End();
}

void Run::ReportUsage(JsonLine& line) const {
  if (flags_.watched > 0) AddServer(server_, rss_before_bytes_, line);
  line.Begin("client");
  line.Add("cpu_share", static_cast<double>(client_.cpu_us) / 1e6 / measured_seconds_);
  line.End();
}

}  // namespace thalweg::bench
