// How much of a stream readers may see: what is durable and no more.
//
// Guarded by the partition of its stream. With a log that is durable at once no mark ever waits.
#pragma once

#include <algorithm>
#include <vector>

#include "base/assert.h"
#include "base/boxed.h"
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
  explicit Visibility(Mark created) : shown_(created), newest_(created) {}

  void Advance(Mark mark, Lsn durable) {
    THALWEG_ASSERT(mark.tail >= newest_.tail && mark.lsn > newest_.lsn);
    At(durable);  // a stream that is never read must not gather marks
    if (shown_.lsn != newest_.lsn) between_.Made().push_back(newest_);
    newest_ = mark;
    if (mark.lsn <= durable) At(durable);
  }

  // What stands at `durable`, which never goes back. Its lsn is that of the creation where nothing
  // is durable yet.
  const Mark& At(Lsn durable) {
    if (newest_.lsn <= durable) {
      shown_ = newest_;
      if (between_) between_.Made().clear();
    } else if (between_ && !between_->empty()) {
      ShowBetween(durable, between_.Made());
    }
    return shown_;
  }

  // The lsns of all that is not durable yet, in order: what readers do not see, and the creation,
  // which they see and wait for.
  std::vector<Lsn> Undurable(Lsn durable) {
    At(durable);
    std::vector<Lsn> lsns;
    if (shown_.lsn > durable) lsns.push_back(shown_.lsn);
    if (between_) {
      for (const Mark& mark : *between_) lsns.push_back(mark.lsn);
    }
    if (newest_.lsn > std::max(durable, shown_.lsn)) lsns.push_back(newest_.lsn);
    return lsns;
  }

  // Of the last change that readers see, or will.
  Lsn newest() const { return newest_.lsn; }

  // How many marks are kept that were not durable when last looked at.
  size_t waiting() const {
    return (between_ ? between_->size() : 0) + (shown_.lsn != newest_.lsn ? 1 : 0);
  }

 private:
  void ShowBetween(Lsn durable, std::vector<Mark>& between) {
    const auto first_hidden = std::find_if(between.begin(), between.end(),
                                           [&](const Mark& mark) { return mark.lsn > durable; });
    if (first_hidden == between.begin()) return;
    shown_ = *(first_hidden - 1);
    between.erase(between.begin(), first_hidden);
  }

  Mark shown_;
  Mark newest_;                       // of the head; the one shown, where that is durable
  Boxed<std::vector<Mark>> between_;  // not durable when last looked at; lsns grow
};

}  // namespace thalweg
