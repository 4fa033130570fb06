#include "storage/unnamed_files.h"

#include <algorithm>
#include <utility>

namespace thalweg {
namespace {

constexpr uint64_t kPieceBytesFreed = 8u << 20;
constexpr int kLooksMax = 10'000;  // some minutes, as merges are driven

// A sync has the piece's space freed with the journal's commit, and not with all the others.
void Shrink(File& file, const AfterPiece& after_piece) {
  for (uint64_t left = file.Size().value_or(0); left > 0;) {
    left -= std::min(left, kPieceBytesFreed);
    if (!file.Truncate(left) || !file.Sync()) return;
    if (after_piece) after_piece();
  }
}

}  // namespace

void UnnamedFiles::Add(std::shared_ptr<const File> readers, std::unique_ptr<File> file) {
  files_.push_back({.readers = std::move(readers), .file = std::move(file)});
}

void UnnamedFiles::Free(const AfterPiece& after_piece) {
  for (Unnamed& one : std::exchange(files_, {})) {
    if (one.readers.use_count() > 1) {
      files_.push_back(std::move(one));
      continue;
    }
    one.readers.reset();
    const std::optional<bool> is_used_elsewhere = one.file->IsUsedElsewhere();
    if (is_used_elsewhere == true && ++one.looks < kLooksMax) {
      files_.push_back(std::move(one));
    } else if (is_used_elsewhere == false) {
      Shrink(*one.file, after_piece);
    }
  }
}

}  // namespace thalweg
