// What the fields of one request say about where its body ends, who is meant, and whether the
// connection persists (RFC 9112 3.2, 6, 9.3): noted one by one, judged together.
//
// A value; points to nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "net/rejection.h"
#include "thalweg/http.h"

namespace thalweg {

class Framing {
 public:
  // Takes up what the field at `index` says; most have no say. REQUIRES: its name in lower case.
  void Note(const HeaderField& field, size_t index);
  // Refuses what makes no sense together (400, 417, 501). REQUIRES: `fields` as they were noted.
  std::optional<Rejection> Judge(std::span<const HeaderField> fields, bool http10) const;

  // Once Judge has refused nothing.
  bool chunked() const { return transfer_encodings_ > 0; }
  uint64_t content_length() const { return content_length_; }
  bool expects_continue(bool http10) const { return expects_continue_ && !http10; }
  bool keep_alive(bool http10) const { return !close_ && (!http10 || keep_alive_); }
  std::string_view HostOf(std::span<const HeaderField> fields) const {
    return hosts_ > 0 ? fields[host_index_].value : std::string_view();
  }

 private:
  void NoteLength(std::string_view value);
  void NoteCoding(std::string_view coding);
  void NoteOption(std::string_view option);
  void NoteExpectation(std::string_view expectation);
  std::optional<Rejection> JudgeHost(std::string_view host, bool http10) const;
  std::optional<Rejection> JudgeLength(bool http10) const;

  uint64_t content_length_ = 0;
  size_t host_index_ = 0;
  uint32_t hosts_ = 0;
  uint32_t lengths_ = 0;
  uint32_t transfer_encodings_ = 0;
  uint32_t chunked_ = 0;  // codings called so, in all fields together
  bool malformed_length_ = false;
  bool unknown_coding_ = false;  // that no registry has
  bool other_coding_ = false;    // neither of these
  bool chunked_last_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool expects_continue_ = false;
  bool expects_else_ = false;
};

}  // namespace thalweg
