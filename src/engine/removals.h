// The removals in a partition that may not be durable yet, by path. That nothing stands at a path
// rests on the removal of what stood there and on no other: on a full disk one may wait for long.
//
// Guarded by the lock of its partition.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include <tsl/robin_map.h>

#include "stream/ids.h"

namespace thalweg {

class Removals {
 public:
  // What stood at the path of this hash is gone by the record `lsn`.
  void Add(size_t path_hash, Lsn lsn, Lsn durable) {
    ForgetIfAllAre(durable);
    last_ = std::max(last_, lsn);
    if (lsn <= durable) return;
    if (waiting_.size() >= forget_at_) ForgetSome(durable);
    Lsn& at = waiting_[path_hash];
    at = std::max(at, lsn);
  }

  // What it rests on that nothing stands at a path of this hash. Two paths of one hash rest on the
  // removals of both.
  Lsn At(size_t path_hash, Lsn durable) {
    if (waiting_.empty()) return {};
    ForgetIfAllAre(durable);
    const auto it = waiting_.find(path_hash);
    return it == waiting_.end() ? Lsn{} : it->second;
  }

  // Of all that there ever were.
  Lsn last() const { return last_; }

  size_t kept() const { return waiting_.size(); }

 private:
  using LsnByHash = tsl::robin_map<size_t, Lsn>;

  // Each look at all of them comes after as many new ones.
  static constexpr size_t kForgetAtMin = 64;

  void ForgetIfAllAre(Lsn durable) {
    if (last_ <= durable && !waiting_.empty()) waiting_ = LsnByHash();
  }

  void ForgetSome(Lsn durable) {
    LsnByHash rest;
    for (const auto& [path_hash, lsn] : waiting_) {
      if (lsn > durable) rest.emplace(path_hash, lsn);
    }
    waiting_ = std::move(rest);
    forget_at_ = std::max(kForgetAtMin, 2 * waiting_.size());
  }

  Lsn last_;
  LsnByHash waiting_;  // may hold some that are durable by now
  size_t forget_at_ = kForgetAtMin;
};

}  // namespace thalweg
