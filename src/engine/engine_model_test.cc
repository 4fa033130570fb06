// The engine against the model: the same random operations must have the same outcomes.
#include <gtest/gtest.h>

#include <random>

#include "engine/engine.h"
#include "storage/memory_log.h"
#include "testing/delayed_log.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/model.h"

namespace thalweg {
namespace {

constexpr const char* kPaths[] = {"/a", "/b", "/c", "/d", "/e", "/f", "/g", "/h"};
constexpr const char* kProducers[] = {"p", "q"};
constexpr const char* kSeqs[] = {"1", "2", "3", "\xff"};

class Twins {
 public:
  // `slow`: a log that gets nowhere by itself; it commits before anything is read.
  Twins(uint64_t seed, bool slow)
      : random_(seed),
        slow_log_(slow ? new DelayedLog : nullptr),
        engine_(clock_,
                slow ? std::unique_ptr<CommitLog>(slow_log_) : std::make_unique<MemoryLog>(),
                EngineOptions{.partitions = 4}) {}

  void Step() {
    const uint64_t dice = Below(100);
    if (dice < 20) return CreateStream();
    if (dice < 60) return AppendToStream();
    if (dice < 67) return RemoveStream();
    if (dice < 92) return ReadStream();
    if (dice < 96) return DescribeStream();
    if (dice < 99) return clock_.AdvanceMs(500 * static_cast<int64_t>(Below(4)));
    Sweep();
  }

  int created() const { return created_; }
  int forked() const { return forked_; }
  int appended() const { return appended_; }
  int bytes_read() const { return bytes_read_; }

 private:
  uint64_t Below(uint64_t limit) { return random_() % limit; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  std::string_view Path() { return kPaths[Below(std::size(kPaths))]; }
  std::string_view Type() { return OneIn(2) ? kJsonType : kBytesType; }
  Moment Now() const { return {.wall_ms = clock_.WallMs(), .steady_ms = clock_.SteadyMs()}; }
  void Commit() {
    if (slow_log_ != nullptr) slow_log_->CommitAll();
  }

  std::string Wire(bool json) {
    static constexpr const char* kValues[] = {"1,", "\"a,b\",", "[1,2],", "{\"k\":[]},"};
    std::string wire;
    if (json) {
      for (uint64_t n = Below(4) + 1; n > 0; --n) wire += kValues[Below(std::size(kValues))];
      return wire;
    }
    const size_t bytes = OneIn(30) ? Below(2 * kChunkBytesMax) + 1 : Below(60) + 1;
    return std::string(bytes, static_cast<char>('a' + Below(26)));
  }

  // Fills body_ and says what it is.
  Payload RandomPayload(bool json) {
    body_ = OneIn(8) ? "" : Wire(json);
    Payload payload{.wire = body_, .is_json = json, .fault = Payload::Fault::kNone};
    if (json && OneIn(20)) {
      payload.wire = {};
      payload.fault = OneIn(2) ? Payload::Fault::kBadJson : Payload::Fault::kEmptyArray;
    }
    return payload;
  }

  Expiry RandomExpiry() {
    if (OneIn(3)) return Ttl(Below(4));
    if (OneIn(4)) return EndsAt(clock_.WallMs() + 500 * static_cast<int64_t>(Below(8)));
    return {};
  }

  // An offset that often means something.
  uint64_t RandomOffset(std::string_view path) {
    if (OneIn(10)) return Below(200);
    const ModelPage page = model_.Read(path, ReadFrom{}, Below(300), Now());
    engine_.Read(path, ReadFrom{}, 0);  // both were used
    Commit();
    return page.end;
  }

  void CreateStream() {
    CreateCommand command;
    command.path = Path();
    command.content_type = Type();
    command.payload = RandomPayload(*command.content_type == kJsonType);
    command.expiry = RandomExpiry();
    command.closed = OneIn(15);
    if (OneIn(2)) MakeFork(command);
    command.now = Now();
    const CreateOutcome want = model_.Create(command);
    const CreateOutcome got = engine_.Create(command);
    ASSERT_EQ(got.verdict, want.verdict);
    EXPECT_EQ(got.content_type, want.content_type);
    EXPECT_EQ(got.tail, want.tail);
    EXPECT_EQ(got.closed, want.closed);
    if (got.verdict != CreateVerdict::kCreated) return;
    ++created_;
    if (command.fork_source) ++forked_;
  }

  void MakeFork(CreateCommand& command) {
    command.fork_source = Path();
    if (!OneIn(4)) command.content_type.reset();
    if (!OneIn(3)) command.fork.at = Offset{RandomOffset(*command.fork_source)};
    if (OneIn(3)) command.fork.sub_offset = Below(5);
  }

  void AppendToStream() {
    const std::string_view path = Path();
    AppendCommand command;
    const bool json = model_.Describe(path, Now()).verdict == ReadVerdict::kOk && IsJson(path);
    if (!OneIn(30)) command.content_type = json != OneIn(20) ? kJsonType : kBytesType;
    command.payload = RandomPayload(json);
    if (OneIn(3)) {
      command.producer = ProducerStamp{.id = kProducers[Below(2)],
                                       .epoch = Below(3),
                                       .seq = OneIn(3) ? Below(4) : next_seq_++ % 3};
    }
    if (OneIn(6)) command.stream_seq = kSeqs[Below(std::size(kSeqs))];
    command.close = OneIn(25);
    command.now = Now();
    const AppendOutcome want = model_.Append(path, command);
    const AppendOutcome got = engine_.Append(path, command);
    ASSERT_EQ(got.verdict, want.verdict);
    EXPECT_EQ(got.tail, want.tail);
    EXPECT_EQ(got.closed, want.closed);
    EXPECT_EQ(got.producer_epoch, want.producer_epoch);
    EXPECT_EQ(got.producer_seq, want.producer_seq);
    EXPECT_EQ(got.producer_seq_expected, want.producer_seq_expected);
    if (got.verdict == AppendVerdict::kAppended) ++appended_;
  }

  bool IsJson(std::string_view path) {
    const DescribeOutcome outcome = engine_.Describe(path);
    return outcome.stream != nullptr &&
           Engine::Info(outcome.stream).config.kind == ContentKind::kJson;
  }

  void RemoveStream() {
    const std::string_view path = Path();
    ASSERT_EQ(engine_.Remove(path).verdict, model_.Remove(path, Now()).verdict);
  }

  void ReadStream() {
    Commit();
    const std::string_view path = Path();
    const size_t page_bytes_max = OneIn(2) ? Below(300) : SIZE_MAX;
    ReadFrom from = FromOffset(RandomOffset(path));
    if (OneIn(3)) from.kind = ReadFrom::Kind::kStart;
    if (OneIn(10)) from.kind = ReadFrom::Kind::kTail;
    const ModelPage want = model_.Read(path, from, page_bytes_max, Now());
    const ReadOutcome got = engine_.Read(path, from, page_bytes_max);
    ExpectPage(got, want);
    if (got.verdict != ReadVerdict::kOk) return;
    ExpectPage(engine_.Read(got.stream, got.page.start, page_bytes_max), want);
  }

  void ExpectPage(const ReadOutcome& got, const ModelPage& want) {
    ASSERT_EQ(got.verdict, want.verdict);
    if (got.verdict != ReadVerdict::kOk) return;
    ASSERT_EQ(TextOf(got.page), want.text);
    EXPECT_EQ(got.page.end, Offset{want.end});
    EXPECT_EQ(got.page.size(), want.text.size());
    EXPECT_EQ(got.page.at_tail, want.at_tail);
    EXPECT_EQ(got.page.closed, want.closed);
    bytes_read_ += static_cast<int>(want.text.size());
  }

  void DescribeStream() {
    Commit();
    const std::string_view path = Path();
    const ModelPage want = model_.Describe(path, Now());
    const DescribeOutcome got = engine_.Describe(path);
    ASSERT_EQ(got.verdict, want.verdict);
    EXPECT_EQ(got.tail, Offset{want.end});
    EXPECT_EQ(got.closed, want.closed);
  }

  // Half a step aside, so that no stream ends within the wheel's resolution.
  void Sweep() {
    clock_.AdvanceMs(250);
    engine_.SweepExpired(SIZE_MAX);
    model_.ExpireAll(Now());
    ASSERT_EQ(engine_.stream_count(), model_.stream_count());
    clock_.AdvanceMs(250);
  }

  std::mt19937_64 random_;
  ManualClock clock_;
  DelayedLog* slow_log_;  // the engine's, or null
  Engine engine_;
  Model model_;
  std::string body_;
  uint64_t next_seq_ = 0;
  int created_ = 0, forked_ = 0, appended_ = 0, bytes_read_ = 0;
};

void Compare(bool slow) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    Twins twins(seed, slow);
    for (int step = 0; step < 5000; ++step) {
      twins.Step();
      if (testing::Test::HasFailure()) FAIL() << "seed " << seed << ", step " << step;
    }
    EXPECT_GT(twins.created(), 100);
    EXPECT_GT(twins.forked(), 30);
    EXPECT_GT(twins.appended(), 100);
    EXPECT_GT(twins.bytes_read(), 10'000);
  }
}

TEST(EngineModel, AgreesOverALogThatCommitsAtOnce) { Compare(false); }

TEST(EngineModel, AgreesOverALogThatCommitsBeforeReads) { Compare(true); }

}  // namespace
}  // namespace thalweg
