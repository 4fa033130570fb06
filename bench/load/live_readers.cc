#include "bench/load/live_readers.h"

#include <algorithm>
#include <utility>

#include "bench/load/stamp.h"

namespace thalweg::bench {
namespace {

constexpr std::string_view kNextOffset = R"("streamNextOffset":")";
constexpr size_t kTailBytes = 512;  // more than a control event takes

}  // namespace

class LiveReaders::Reader final : public ConnectionUser {
 public:
  Reader(ClientLoop& loop, std::string path, Live live, Deliveries& deliveries)
      : target_(loop.target()),
        path_(std::move(path)),
        live_(live),
        deliveries_(deliveries),
        connection_(loop, *this) {
    Ask();
  }

  void OnHead(const ResponseHead& head) override {
    const bool accepted = head.status == 200 || head.status == 204;
    if (!accepted) {
      ++deliveries_.errors;
      refused_ = true;  // asking again would only be refused again
      return;
    }
    if (live_ == Live::kSse) return BeReady();
    offset_ = head.Field("stream-next-offset");
    cursor_ = head.Field("stream-cursor");
  }

  void OnBody(std::string_view piece) override {
    scanner_.Scan(piece, [&](int64_t due_ns) { OnMessage(due_ns); });
    if (live_ == Live::kSse) KeepTail(piece);
  }

  void OnEnd() override {
    scanner_.Reset();
    if (refused_) return;
    BeReady();
    if (live_ == Live::kSse) TakeOffset();
    Ask();
  }

  void OnReconnected() override {
    scanner_.Reset();
    if (refused_) return;
    ++deliveries_.reconnects;
    if (live_ == Live::kSse) TakeOffset();
    Ask();
  }

 private:
  void Ask() {
    std::string query = "?offset=" + offset_;
    // A long-poll learns first where the tail is, so that nothing can come in between.
    if (live_ == Live::kSse) query += "&live=sse";
    if (live_ == Live::kLongPoll && offset_ != "now") query += "&live=long-poll";
    if (!cursor_.empty()) query += "&cursor=" + cursor_;
    connection_.Send(ReadRequest(target_, path_ + query));
  }

  void BeReady() {
    if (!ready_) ++deliveries_.ready;
    ready_ = true;
  }

  void OnMessage(int64_t due_ns) {
    ++deliveries_.all;
    if (deliveries_.counting) ++deliveries_.counted;
    if (due_ns >= deliveries_.from_ns) deliveries_.latencies.Record(NowNs() - due_ns);
  }

  void KeepTail(std::string_view piece) {
    if (piece.size() >= kTailBytes) tail_.clear();
    tail_ += piece.substr(piece.size() - std::min(piece.size(), kTailBytes));
    if (tail_.size() > 2 * kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
  }

  // Where to go on: what the last control event said.
  void TakeOffset() {
    const size_t at = tail_.rfind(kNextOffset);
    if (at == std::string::npos) return;
    const size_t begin = at + kNextOffset.size();
    offset_ = tail_.substr(begin, tail_.find('"', begin) - begin);
  }

  const Target& target_;
  const std::string path_;
  const Live live_;
  Deliveries& deliveries_;
  StampScanner scanner_;
  std::string offset_ = "now";
  std::string cursor_;
  std::string tail_;  // the last bytes of the event stream
  bool ready_ = false;
  bool refused_ = false;
  Connection connection_;
};

LiveReaders::LiveReaders(ClientLoop& loop, const Streams& streams, Live live, size_t count)
    : streams_(streams) {
  for (size_t i = 0; i < count && loop.failure().empty(); ++i) {
    readers_.push_back(std::make_unique<Reader>(
        loop, StreamPath(loop.target(), streams, i % streams.count), live, deliveries_));
  }
}

LiveReaders::~LiveReaders() = default;

void LiveReaders::StartMeasuring(int64_t now_ns) {
  deliveries_.from_ns = now_ns;
  deliveries_.counted = 0;
  deliveries_.latencies = Histogram();
}

uint64_t LiveReaders::Expected(const AppendRequests& appends) const {
  uint64_t expected = 0;
  for (size_t i = 0; i < readers_.size(); ++i) expected += appends.messages(i % streams_.count);
  return expected;
}

}  // namespace thalweg::bench
