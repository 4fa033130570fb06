#include "bench/load/replay_readers.h"

#include <utility>

#include "bench/load/stamp.h"

namespace thalweg::bench {

class ReplayReaders::Reader final : public ConnectionUser {
 public:
  Reader(ClientLoop& loop, std::string path, bool once, Replays& replays)
      : target_(loop.target()),
        path_(std::move(path)),
        once_(once),
        replays_(replays),
        connection_(loop, *this) {
    Begin();
  }

  void OnHead(const ResponseHead& head) override {
    ok_ = head.status == 200;
    at_end_ = !head.Field("stream-up-to-date").empty();
    next_offset_ = head.Field("stream-next-offset");
  }

  void OnBody(std::string_view piece) override { OnSkipped(piece.size()); }
  void OnSkipped(uint64_t bytes) override {
    if (!replays_.stopped) replays_.bytes += bytes;
  }
  bool SkipsBodies() const override { return true; }

  void OnEnd() override {
    if (replays_.stopped) return;
    ++replays_.pages;
    if (!ok_) {
      ++replays_.errors;
      ++replays_.done;
      return;
    }
    // A server that does not tell the offset behind a page could not be read to the end.
    if (!at_end_ && !next_offset_.empty()) return Ask(next_offset_);
    replays_.latencies.Record(NowNs() - begun_ns_);
    if (!once_) return Begin();
    ++replays_.done;
  }

  void OnReconnected() override {
    if (replays_.stopped) return;
    ++replays_.errors;
    Begin();
  }

 private:
  void Begin() {
    begun_ns_ = NowNs();
    Ask("-1");
  }

  void Ask(std::string_view offset) {
    connection_.Send(ReadRequest(target_, path_ + "?offset=" + std::string(offset)));
  }

  const Target& target_;
  const std::string path_;
  const bool once_;
  Replays& replays_;
  int64_t begun_ns_ = 0;
  bool ok_ = false, at_end_ = false;
  std::string next_offset_;
  Connection connection_;
};

ReplayReaders::ReplayReaders(ClientLoop& loop, const Streams& streams, size_t count, bool once) {
  for (size_t i = 0; i < count && loop.failure().empty(); ++i) {
    readers_.push_back(std::make_unique<Reader>(
        loop, StreamPath(loop.target(), streams, i % streams.count), once, replays_));
  }
}

ReplayReaders::~ReplayReaders() = default;

void ReplayReaders::StartMeasuring() { replays_ = Replays(); }

}  // namespace thalweg::bench
