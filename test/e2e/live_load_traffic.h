// Streams, one writer for each, and readers of them, over one Client: what every scenario of
// live_load is made of. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "live_load_client.h"
#include "live_load_reader.h"
#include "live_load_response.h"

namespace thalweg::load {

class Load {
 public:
  Load(uint16_t port, size_t seed);

  // Streams first, then readers.
  void AddStream(const std::string& path, Kind kind);
  void AddReader(size_t stream, Reader::Mode mode);

  // A connection that asks for an event stream and never reads.
  void AddStalled(size_t stream, size_t index);

  bool WriterIsIdle(size_t stream) const { return writers_[stream].answers_due == 0; }
  bool WritersAreIdle() const { return busy_writers_ == 0; }

  // REQUIRES: the stream's writer is idle, so that its appends keep their order.
  void Append(size_t stream, const std::string& body, const std::string& wire, bool close);

  // Cuts the connection of `reader`: now, or inside what comes next.
  void Cut(size_t reader);

  void Poll(int wait_ms) { client_.Poll(wait_ms); }

  // Until no answer to a writer is due.
  void Settle();

  size_t ReadersDone() const;      // those that saw the close
  size_t ReadersUpToDate() const;  // those that have all that was written
  void ReportFailures() const;

  size_t streams() const { return streams_.size(); }
  size_t readers() const { return readers_.size(); }
  size_t cuts() const { return cuts_; }
  size_t reconnects() const { return reconnects_; }
  size_t breaks() const { return breaks_; }  // of readers' connections inside an answer, or by cut
  size_t refusals() const { return refusals_; }
  std::mt19937_64& random() { return random_; }

 private:
  struct Writer {
    ResponseReader response;
    size_t answers_due = 0;
  };

  void Write(size_t stream, const char* method, const std::string& body, bool close = false);
  void OnWriter(size_t stream, std::string_view bytes, bool end);
  void OnReader(size_t slot, std::string_view bytes, bool end);

  std::mt19937_64 random_;
  std::deque<Stream> streams_;  // readers refer to them
  std::vector<Writer> writers_;
  size_t busy_writers_ = 0;
  std::vector<Reader> readers_;
  size_t cuts_ = 0, reconnects_ = 0, breaks_ = 0, refusals_ = 0;
  Client client_;  // slots: writers first, then readers
};

}  // namespace thalweg::load
