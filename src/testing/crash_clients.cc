#include "testing/crash_clients.h"

#include <algorithm>
#include <utility>

namespace thalweg {
namespace {

constexpr uint64_t kPaths = 8;
constexpr uint64_t kProducers = 3;
constexpr size_t kAskedMax = 6;

std::string PathOf(uint64_t n) { return "s" + std::to_string(n); }
std::string AnyPath(SimRandom& random) { return PathOf(random.Below(kPaths)); }

std::string BytesOf(SimRandom& random, uint64_t bytes_max) {
  return std::string(1 + random.Below(bytes_max), static_cast<char>('a' + random.Below(26)));
}

std::string JsonOf(SimRandom& random, uint64_t bytes_max) {
  static constexpr const char* kValues[] = {"1,", "\"a,b\",", "[1,2],", "{\"k\":[]},"};
  std::string wire;
  for (uint64_t n = 1 + random.Below(bytes_max / 20); n > 0; --n) wire += kValues[random.Below(4)];
  return wire;
}

// Mostly little; some fill pages, few fill files of the log and all of the memory.
uint64_t AppendBytesMax(SimRandom& random) {
  const uint64_t dice = random.Below(1'000);
  if (dice < 2) return 1u << 20;
  return dice < 40 ? 40'000 : 400;
}

}  // namespace

CrashClients::CrashClients(ManualClock& clock, CrashOracle& oracle, Plant plant)
    : clock_(clock), oracle_(oracle), plant_(plant), executor_(clock) {
  for (auto& follower : followers_) follower = std::make_unique<Follower>(*this);
}

CrashClients::~CrashClients() { Disconnect(); }

void CrashClients::Connect(Engine& engine, const LocalLog& log, uint64_t tail_bytes_max) {
  tail_bytes_max_ = tail_bytes_max;
  engine_ = &engine;
  log_ = &log;
  port_ = engine.Attach(executor_);
}

void CrashClients::Disconnect() {
  for (auto& follower : followers_) Leave(*follower);
  port_.reset();
  executor_.RunAll();
  engine_ = nullptr;
}

Lsn CrashClients::AnswersUpTo() const {
  return plant_ == Plant::kAnswersEarly ? oracle_.staged() : log_->durable();
}

// The two exceptions of docs/OPERATING.md, "Time and expiry".
bool CrashClients::AreUsesNoted() const {
  return log_->HasRoom() && log_->HasRoomForBatch() && engine_->tail_bytes() < 2 * tail_bytes_max_;
}

void CrashClients::Ask(const CreateRequest& request) {
  const CreateOutcome outcome = engine_->Create(request.CommandAt({}));
  oracle_.OnCreated(request, outcome, AnswersUpTo());
  const bool is_new =
      outcome.trouble == Trouble::kNone && outcome.verdict == CreateVerdict::kCreated;
  if (is_new && request.source) fork_last_ = request.path;
}

void CrashClients::Ask(const AppendRequest& request) {
  AppendOutcome outcome = engine_->Append(request.path, request.CommandAt({}));
  const bool is_repeat = outcome.verdict == AppendVerdict::kDuplicate;
  if (is_repeat && plant_ == Plant::kAnswersRepeatsEarly) outcome.rests_on = {};
  oracle_.OnAppended(request, outcome, AnswersUpTo());
  if (!AreUsesNoted()) oracle_.MayEndEarly(request.path);
}

void CrashClients::Remove(const std::string& path) {
  RemoveOutcome outcome = engine_->Remove(path);
  if (plant_ == Plant::kAnswersDeletesEarly) outcome.rests_on = {};
  oracle_.OnRemoved(path, outcome, AnswersUpTo());
}

DescribeOutcome CrashClients::Describe(const std::string& path) {
  DescribeOutcome outcome = engine_->Describe(path);
  const bool is_absent = outcome.verdict == ReadVerdict::kMissing;
  if (is_absent && plant_ == Plant::kAnswersAbsencesEarly) outcome.rests_on = {};
  oracle_.OnDescribed(path, outcome, engine_->durable());
  return outcome;
}

ReadOutcome CrashClients::Read(const std::string& path, ReadFrom from, size_t page_bytes_max) {
  ReadOutcome outcome = engine_->Read(path, from, page_bytes_max);
  oracle_.OnRead(path, outcome, engine_->durable());
  if (!AreUsesNoted()) oracle_.MayEndEarly(path);
  return outcome;
}

void CrashClients::Create(SimRandom& random) {
  const std::string path = AnyPath(random);
  const auto before = created_.find(path);
  if (before != created_.end() && random.Chance(15)) return Ask(before->second);
  CreateRequest request = NewCreate(random);
  request.path = path;
  if (random.Chance(35)) MakeFork(random, request);
  created_[request.path] = request;
  Ask(request);
}

CreateRequest CrashClients::NewCreate(SimRandom& random) {
  CreateRequest request;
  request.is_json = random.Chance(30);
  request.type = request.is_json ? kJsonType : kBytesType;
  if (random.Chance(60)) {
    request.data = request.is_json ? JsonOf(random, 400) : BytesOf(random, 300);
  }
  if (random.Chance(20)) request.expiry = Ttl(random.Below(4));
  if (random.Chance(6)) {
    request.expiry = EndsAt(clock_.WallMs() + static_cast<int64_t>(random.Below(5'000)) - 500);
  }
  request.closed = random.Chance(5);
  return request;
}

void CrashClients::MakeFork(SimRandom& random, CreateRequest& request) {
  // So that chains grow.
  for (int tries = 0; tries < 4; ++tries) {
    if (oracle_.model().Stands(request.path) == ReadVerdict::kMissing) break;
    request.path = AnyPath(random);
  }
  const bool goes_on = !fork_last_.empty() && random.Chance(60);
  request.source = goes_on ? fork_last_ : AnyPath(random);
  const bool is_json = oracle_.model().IsJson(*request.source);
  if (random.Chance(80)) request.type.reset();
  if (request.is_json != is_json && random.Chance(90)) {
    request.data.clear();
    request.type.reset();
  }
  const std::vector<uint64_t> boundaries = oracle_.model().Boundaries(*request.source);
  if (random.Chance(70)) request.at = boundaries[random.Below(boundaries.size())];
  if (random.Chance(4)) request.at = random.Below(500);
  if (random.Chance(40)) request.sub_offset = random.Below(5);
}

void CrashClients::Append(SimRandom& random) {
  if (!asked_.empty() && random.Chance(8)) return Ask(asked_[random.Below(asked_.size())]);
  const AppendRequest request = NewAppend(random);
  if (asked_.size() == kAskedMax) asked_.erase(asked_.begin());
  asked_.push_back(request);
  Ask(request);
}

AppendRequest CrashClients::NewAppend(SimRandom& random) {
  AppendRequest request;
  request.path = AnyPath(random);
  const bool is_json = oracle_.model().IsJson(request.path) != random.Chance(3);
  request.type = is_json ? kJsonType : kBytesType;
  const uint64_t bytes_max = AppendBytesMax(random);
  request.data = is_json ? JsonOf(random, bytes_max) : BytesOf(random, bytes_max);
  request.close = random.Chance(3);
  if (request.close && random.Chance(40)) request.data.clear();
  if (random.Chance(50)) Stamp(random, request);
  if (random.Chance(12)) {
    if (random.Chance(80)) ++stream_seq_;
    request.stream_seq = std::to_string(1'000'000 + stream_seq_);
  }
  return request;
}

// Mostly the next one; else a repeat, a gap, a new epoch, a stale one.
void CrashClients::Stamp(SimRandom& random, AppendRequest& request) {
  request.producer = "p" + std::to_string(random.Below(kProducers));
  request.seq = random.Chance(3) ? 1 : 0;
  for (const ProducerStamp& last : oracle_.model().LastStamps(request.path)) {
    if (last.id != request.producer) continue;
    request.epoch = last.epoch;
    request.seq = last.seq + 1;
    const uint64_t dice = random.Below(100);
    if (dice < 10) request.seq = last.seq;
    if (dice >= 10 && dice < 14) request.seq = last.seq + 2;
    if (dice < 14) continue;
    if (dice < 24) request.seq = dice == 14 ? 1 : 0;
    if (dice < 24) ++request.epoch;
    if (dice == 24 && last.epoch > 0) --request.epoch;
  }
}

void CrashClients::Remove(SimRandom& random) { Remove(AnyPath(random)); }

void CrashClients::Read(SimRandom& random) {
  const std::string path = AnyPath(random);
  if (random.Chance(50)) Describe(path);
  const std::vector<uint64_t> boundaries = oracle_.model().Boundaries(path);
  ReadFrom from = FromOffset(boundaries[random.Below(boundaries.size())]);
  if (random.Chance(20)) from = FromOffset(random.Below(500));
  if (random.Chance(30)) from = {};
  Read(path, from, random.Below(1'000));
}

void CrashClients::Follow(SimRandom& random) {
  Follower& follower = *followers_[random.Below(followers_.size())];
  if (follower.stream != nullptr) return random.Chance(30) ? Leave(follower) : Continue(follower);
  const bool joins = follower.id != StreamId{} && random.Chance(80);
  Begin(follower, joins ? follower.path : AnyPath(random));
}

// Watches first, then reads.
void CrashClients::Begin(Follower& follower, const std::string& path) {
  const DescribeOutcome found = Describe(path);
  if (found.verdict != ReadVerdict::kOk) return;
  const StreamId id = Engine::Info(found.stream).id;
  if (follower.id != id) follower.at = {};
  follower.id = id;
  follower.path = path;
  follower.stream = found.stream;
  port_->Watch(follower.stream, &follower);
  oracle_.MayLast(path);
  Continue(follower);
}

void CrashClients::Continue(Follower& follower) {
  while (follower.stream != nullptr) {
    const PageRequest page{
        .bytes_max = 2'000, .part_bytes_max = 10'000, .from_inside = !follower.part.empty()};
    const Offset from{follower.at.value + follower.part.size()};
    ReadOutcome read = engine_->Read(follower.stream, from, page);
    if (read.page.ends_inside) {
      if (!TakePart(follower, read.page, read.rests_on)) return;
      continue;
    }
    if (read.verdict == ReadVerdict::kOk && !follower.part.empty()) {
      read.page.start = follower.at;
      read.page.parts.insert(read.page.parts.begin(), Bytes::Own(follower.part));
    }
    if (read.verdict == ReadVerdict::kMissing && oracle_.LatestIdAt(follower.path) != follower.id) {
      return Leave(follower);  // another stands at its path
    }
    oracle_.OnRead(follower.path, read, engine_->durable(), true);
    if (!AreUsesNoted()) oracle_.MayEndEarly(follower.path);
    if (!Take(follower, read)) return;
  }
}

// Keeps a part of a long append until the rest is there. False: it may not be known yet.
bool CrashClients::TakePart(Follower& follower, const Page& page, Lsn rests_on) {
  oracle_.MayLast(follower.path);
  if (rests_on > engine_->durable()) return false;
  follower.part += TextOf(page);
  ++parts_followed_;
  return true;
}

// False: there is nothing more now.
bool CrashClients::Take(Follower& follower, const ReadOutcome& read) {
  if (read.verdict == ReadVerdict::kUnreadable) return false;
  if (read.verdict == ReadVerdict::kMissing || read.verdict == ReadVerdict::kSoftDeleted) {
    Leave(follower);
    return false;
  }
  oracle_.Expect(read.verdict == ReadVerdict::kOk, "who follows a stream goes on where it was");
  if (read.verdict != ReadVerdict::kOk || read.rests_on > engine_->durable()) return false;
  follower.at = read.page.end;
  follower.part.clear();
  ++pages_followed_;
  return !read.page.at_tail;
}

void CrashClients::Leave(Follower& follower) {
  if (follower.stream == nullptr) return;
  port_->Unwatch(follower.stream, &follower);
  follower.stream.reset();
  follower.part.clear();
}

void CrashClients::OnCommitted() {
  oracle_.OnDurable(AnswersUpTo());
  executor_.RunAll();
}

void CrashClients::CheckFollowers() {
  for (auto& follower : followers_) {
    if (follower->stream == nullptr) continue;
    const DescribeOutcome seen = Describe(follower->path);
    if (seen.verdict == ReadVerdict::kUnreadable || seen.rests_on > log_->durable()) continue;
    oracle_.Expect(seen.verdict == ReadVerdict::kOk && seen.stream == follower->stream,
                   "who follows a stream hears of its end");
    oracle_.Expect(seen.tail == follower->at, "who follows a stream hears of what is new");
  }
}

// What expires goes first: with a fork goes its source.
void CrashClients::LookAtAll(bool is_durable) {
  for (uint64_t n = 0; n < kPaths; ++n) Describe(PathOf(n));
  for (uint64_t n = 0; n < kPaths; ++n) {
    const DescribeOutcome seen = Describe(PathOf(n));
    const ReadOutcome read = Read(PathOf(n), ReadFrom{}, SIZE_MAX);
    if (is_durable) oracle_.ExpectWhole(PathOf(n), seen, read);
  }
}

void CrashClients::RepeatAll() {
  for (uint64_t n = 0; n < kPaths; ++n) {
    AppendRequest request;
    request.path = PathOf(n);
    const bool is_json = oracle_.model().IsJson(request.path);
    request.type = is_json ? kJsonType : kBytesType;
    request.data = is_json ? "1," : "again";
    std::vector<AppendRequest> repeats;
    for (const ProducerStamp& stamp : oracle_.model().LastStamps(request.path)) {
      request.producer = stamp.id;
      request.epoch = stamp.epoch;
      request.seq = stamp.seq;
      repeats.push_back(request);
    }
    for (const AppendRequest& repeat : repeats) Ask(repeat);
  }
}

void CrashClients::RemoveAll() {
  for (uint64_t n = 0; n < kPaths; ++n) Remove(PathOf(n));
  for (uint64_t n = 0; n < kPaths; ++n) {
    oracle_.Expect(Describe(PathOf(n)).verdict == ReadVerdict::kMissing,
                   "nothing is left when all is removed");
  }
}

}  // namespace thalweg
