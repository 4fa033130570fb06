// How much of a stream readers may see: what is durable and no more.
//
// Guarded by the partition of its stream. With a log that is durable at once no mark ever waits.
#pragma once

#include <algorithm>
#include <vector>

#include "base/assert.h"
#include "stream/ids.h"
#include "stream/offset.h"

namespace thalweg {

// The tail and closure of a stream once `lsn` is durable.
struct Mark {
  Lsn lsn;
  Offset tail;
  bool closed = false;
};

class Visibility {
 public:
  // `created` is shown at once: whoever sees it waits for its lsn.
  explicit Visibility(Mark created) : shown_(created) {}

  void Advance(Mark mark, Lsn durable) {
    THALWEG_ASSERT(mark.tail >= shown_.tail && mark.lsn > shown_.lsn);
    At(durable);  // a stream that is never read must not gather marks
    if (waiting_.empty() && mark.lsn <= durable) {
      shown_ = mark;
    } else {
      waiting_.push_back(mark);
    }
  }

  // What stands at `durable`, which never goes back. Its lsn is that of the creation where nothing
  // is durable yet.
  const Mark& At(Lsn durable) {
    if (waiting_.empty()) return shown_;
    auto first_hidden = std::find_if(waiting_.begin(), waiting_.end(),
                                     [&](const Mark& mark) { return mark.lsn > durable; });
    if (first_hidden != waiting_.begin()) {
      shown_ = *(first_hidden - 1);
      waiting_.erase(waiting_.begin(), first_hidden);
    }
    return shown_;
  }

  // How many marks are kept that were not durable when last looked at.
  size_t waiting() const { return waiting_.size(); }

 private:
  Mark shown_;
  std::vector<Mark> waiting_;  // not durable when last looked at; lsns grow
};

}  // namespace thalweg
