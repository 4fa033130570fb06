// Files whose name is gone and whose space is not. It is given back piece by piece, once nobody
// reads them: freed at once, the space of 256 MiB kept commits waiting for 70 ms where the file
// system tells the disk of it (docs/BENCHMARKS.md).
//
// Not thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "storage/disk.h"
#include "storage/segment_writer.h"

namespace thalweg {

class UnnamedFiles {
 public:
  // `readers` is held by whoever in this process reads the file, `file` opens it for writing, and
  // is the file's only other user here.
  void Add(std::shared_ptr<const File> readers, std::unique_ptr<File> file);

  // Gives the space of those back that nobody uses any more; calls `after_piece` between pieces.
  // What another process has open, as a backup does, or has given another name, waits for a later
  // call. After many of them, or where that cannot be told, it is left to the system.
  void Free(const AfterPiece& after_piece);

 private:
  struct Unnamed {
    std::shared_ptr<const File> readers;
    std::unique_ptr<File> file;
    int looks = 0;
  };

  std::vector<Unnamed> files_;
};

}  // namespace thalweg
