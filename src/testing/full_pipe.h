// For tests: a pipe of which nobody reads unless the test does.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "base/assert.h"
#include "base/owned_fd.h"

namespace thalweg {

class FullPipe {
 public:
  FullPipe() {
    int ends[2] = {-1, -1};
    THALWEG_ASSERT(pipe2(ends, O_NONBLOCK) == 0);
    out_ = OwnedFd(ends[0]);
    in_ = OwnedFd(ends[1]);
  }

  int in() const { return in_.get(); }
  size_t capacity() const { return static_cast<size_t>(fcntl(in(), F_GETPIPE_SZ)); }

  // As much as there is, at most `bytes`; nothing is waited for.
  std::string Read(size_t bytes) const {
    std::string text(bytes, '\0');
    const ssize_t got = read(out_.get(), text.data(), bytes);
    text.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return text;
  }
  std::string ReadAll() const { return Read(2 * capacity()); }

  // Writes until nothing more fits. Returns what it wrote.
  std::string Fill() const {
    std::string all(capacity(), 'x');
    const ssize_t put = write(in(), all.data(), all.size());
    all.resize(put > 0 ? static_cast<size_t>(put) : 0);
    return all;
  }

 private:
  OwnedFd out_, in_;
};

}  // namespace thalweg
