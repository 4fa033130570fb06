#include "testing/crash_oracle.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace thalweg {

void CrashOracle::Expect(bool holds, const std::string& what) {
  if (!holds && wrong_.empty()) wrong_ = what;
}

void CrashOracle::OnStaged(const Record& record) {
  ++staged_.value;
  if (std::holds_alternative<TouchRecord>(record)) return;
  if (const auto* const removed = std::get_if<RemoveRecord>(&record);
      removed != nullptr && removed->cause == RemoveCause::kExpired) {
    return OnExpired(*removed);
  }
  Expect(!own_, "a command is one record");
  own_ = staged_;
  const auto* const created = std::get_if<CreateRecord>(&record);
  if (created == nullptr) return;
  const Made made{.path = std::string(created->path), .lsn = staged_};
  Expect(made_.emplace(created->id.value, made).second, "an id is given once");
}

void CrashOracle::OnExpired(const RemoveRecord& record) {
  const auto it = made_.find(record.id.value);
  if (it == made_.end()) return Expect(false, "what expires was made");
  const std::string path = it->second.path;
  if (model_.Stands(path) != ReadVerdict::kOk) return Expect(false, "what expires is there");
  const bool is_due = it->second.may_end_early || model_.IsDue(path, Now(), 0);
  Expect(is_due, "nothing expires before its time");
  Do([path, lsn = staged_](Model& model) { model.Expire(path, lsn); });
}

// Now, and again after every crash that it survives.
void CrashOracle::Do(std::function<void(Model&)> what) {
  what(model_);
  journal_.push_back({staged_, std::move(what)});
}

// The use that an answer tells of, which rests on `lsn`, must not be forgotten where that is there:
// the client may have got the answer.
void CrashOracle::KeepUse(const std::string& path, Lsn lsn) {
  journal_.push_back({lsn, [path, now = Now()](Model& model) { model.Use(path, now); }});
}

// The position of the command's record, if it was accepted.
Lsn CrashOracle::TakeOwn(bool was_accepted) {
  Expect(own_.has_value() == was_accepted, "what is accepted is in the log, and nothing else");
  return std::exchange(own_, std::nullopt).value_or(Lsn{});
}

void CrashOracle::Promise(Lsn said, Lsn true_lsn, Lsn durable) {
  if (said <= durable) {
    seen_ = std::max(seen_, true_lsn);
  } else {
    waiting_.push_back({said, true_lsn});
  }
}

void CrashOracle::OnDurable(Lsn durable) {
  for (const Answer& answer : waiting_) {
    if (answer.said <= durable) seen_ = std::max(seen_, answer.true_lsn);
  }
  std::erase_if(waiting_, [&](const Answer& answer) { return answer.said <= durable; });
}

void CrashOracle::MayLast(const std::string& path) {
  const auto it = made_.find(LatestIdAt(path).value);
  if (it != made_.end()) it->second.may_last = true;
}

void CrashOracle::MayEndEarly(const std::string& path) {
  const auto it = made_.find(LatestIdAt(path).value);
  if (it != made_.end()) it->second.may_end_early = true;
}

// A restart, and a return from the store, count an eighth of the window that may have been used.
void CrashOracle::ExpectNotOverdue(const std::string& path) {
  const auto it = made_.find(LatestIdAt(path).value);
  if (it != made_.end() && it->second.may_last) return;
  Expect(!model_.IsDue(path, Now(), 1), "what is met has not outlived its time");
}

void CrashOracle::OnCreated(const CreateRequest& request, const CreateOutcome& got, Lsn durable) {
  if (got.trouble != Trouble::kNone) return;
  ExpectNotOverdue(request.path);
  if (request.source) ExpectNotOverdue(*request.source);
  const bool is_new = got.verdict == CreateVerdict::kCreated;
  const Lsn lsn = TakeOwn(is_new);
  const CreateOutcome want = model_.Create(request.CommandAt(Now()), lsn);
  if (is_new) {
    journal_.push_back({staged_, [request, now = Now(), lsn](Model& model) {
                          model.Create(request.CommandAt(now), lsn);
                        }});
  }
  Expect(got.verdict == want.verdict, "a create is judged by the rules");
  Expect(
      got.tail == want.tail && got.closed == want.closed && got.content_type == want.content_type,
      "a create's answer says what stands there");
  Promise(got.rests_on, want.rests_on, durable);
}

void CrashOracle::OnAppended(const AppendRequest& request, const AppendOutcome& got, Lsn durable) {
  if (got.trouble != Trouble::kNone) return;
  ExpectNotOverdue(request.path);
  const bool is_new =
      got.verdict == AppendVerdict::kAppended || got.verdict == AppendVerdict::kClosed;
  const Lsn lsn = TakeOwn(is_new);
  const AppendOutcome want = model_.Append(request.path, request.CommandAt(Now()), lsn);
  if (is_new) {
    journal_.push_back({staged_, [request, now = Now(), lsn](Model& model) {
                          model.Append(request.path, request.CommandAt(now), lsn);
                        }});
  } else if (got.verdict == AppendVerdict::kDuplicate ||
             got.verdict == AppendVerdict::kAlreadyClosed) {
    KeepUse(request.path, got.rests_on);
  }
  Expect(got.verdict == want.verdict, "an append is judged by the rules");
  Expect(got.tail == want.tail && got.closed == want.closed,
         "an append's answer says where the stream ends");
  Expect(got.producer_epoch == want.producer_epoch && got.producer_seq == want.producer_seq &&
             got.producer_seq_expected == want.producer_seq_expected,
         "an append's answer says where its producer stands");
  Promise(got.rests_on, want.rests_on, durable);
}

void CrashOracle::OnRemoved(const std::string& path, const RemoveOutcome& got, Lsn durable) {
  if (got.trouble != Trouble::kNone) return;
  ExpectNotOverdue(path);
  const bool is_new = got.verdict == RemoveVerdict::kRemoved;
  const Lsn lsn = TakeOwn(is_new);
  const RemoveOutcome want = model_.Remove(path, Now(), lsn);
  if (is_new) {
    journal_.push_back(
        {staged_, [path, now = Now(), lsn](Model& model) { model.Remove(path, now, lsn); }});
  }
  Expect(got.verdict == want.verdict, "a removal is judged by the rules");
  Promise(got.rests_on, want.rests_on, durable);
}

void CrashOracle::OnRead(const std::string& path, const ReadOutcome& got, Lsn durable,
                         bool is_live) {
  if (got.verdict == ReadVerdict::kUnreadable) return MayLast(path);  // yet it may be a use
  ExpectNotOverdue(path);
  const ReadVerdict stands = model_.Stands(path);
  if (stands == ReadVerdict::kOk) {
    model_.Use(path, Now());
    KeepUse(path, is_live ? staged_ : got.rests_on);
  }
  const bool is_refused =
      got.verdict == ReadVerdict::kBeyondTail || got.verdict == ReadVerdict::kNotABoundary;
  Expect((is_refused ? ReadVerdict::kOk : got.verdict) == stands, "a read is judged by the rules");
  if (is_refused) return;
  if (got.verdict != ReadVerdict::kOk) return Promise(got.rests_on, model_.RestsOn(path), durable);
  Expect(Engine::Info(got.stream).id == LatestIdAt(path), "a read meets what was made last");
  const auto rests_on = model_.Shows(path, got.page.start.value, TextOf(got.page), got.page.closed);
  Expect(rests_on.has_value(), "a page is what was appended");
  Promise(got.rests_on, rests_on.value_or(Lsn{}), durable);
}

void CrashOracle::OnDescribed(const std::string& path, const DescribeOutcome& got, Lsn durable) {
  if (got.verdict == ReadVerdict::kUnreadable) return;
  ExpectNotOverdue(path);
  Expect(got.verdict == model_.Stands(path), "a stream is described by the rules");
  if (got.verdict != ReadVerdict::kOk) return Promise(got.rests_on, model_.RestsOn(path), durable);
  const auto rests_on = model_.Shows(path, got.tail.value, "", got.closed);
  Expect(rests_on.has_value(), "a tail is where an append ended");
  Promise(got.rests_on, rests_on.value_or(Lsn{}), durable);
}

void CrashOracle::OnCrash() {
  waiting_.clear();
  own_.reset();
}

void CrashOracle::OnRecovered(Lsn last, Lsn promised) {
  Expect(last >= promised, "what somebody saw is there: record " + std::to_string(promised.value) +
                               " where the last is " + std::to_string(last.value));
  Expect(last <= staged_, "nothing is there that was not staged");
  staged_ = seen_ = last;  // from now on it can be read
  std::erase_if(journal_, [&](const Done& done) { return done.lsn > last; });
  std::erase_if(made_, [&](const auto& made) { return made.second.lsn > last; });
  model_.Clear();
  for (const Done& done : journal_) done.again(model_);
}

void CrashOracle::ExpectWhole(const std::string& path, const DescribeOutcome& seen,
                              const ReadOutcome& read) {
  const auto is_unreadable = ReadVerdict::kUnreadable;  // which somebody else complains of
  if (seen.verdict == is_unreadable || read.verdict == is_unreadable) return;
  Expect(seen.verdict == model_.Stands(path) && read.verdict == seen.verdict,
         "what is there is what was accepted");
  if (seen.verdict != ReadVerdict::kOk) return;
  Expect(seen.tail.value == model_.Boundaries(path).back(), "all of it is there");
  Expect(read.page.start == Offset{} && read.page.end == seen.tail, "it can be read to its end");
  Expect(seen.closed == model_.IsClosed(path), "it is closed as it was");
}

StreamId CrashOracle::LatestIdAt(const std::string& path) const {
  StreamId id;
  Lsn lsn;
  for (const auto& [made_id, made] : made_) {
    if (made.path != path || made.lsn < lsn) continue;
    id = StreamId{made_id};
    lsn = made.lsn;
  }
  return id;
}

}  // namespace thalweg
