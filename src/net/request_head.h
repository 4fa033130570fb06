// The head of one HTTP/1.x request: from bytes, as they arrive, to what it says or why it is
// refused. Every rule of RFC 9112 and 9110 about heads stands in this unit, once: lines here, field
// lines in field_line.h, targets in request_target.h, what fields mean together in framing.h.
//
// Looks at each byte once, in place, and allocates nothing but room for the list of fields. Refuses
// only whole lines, so that the result is the same at every split. No sockets. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "net/framing.h"
#include "net/rejection.h"
#include "thalweg/http.h"
#include "thalweg/http_limits.h"

namespace thalweg {

class RequestHead {
 public:
  enum class Progress : uint8_t {
    kNeedMore,
    kWhole,
    kRejected,  // rejection() says why; nothing behind was looked at
  };

  explicit RequestHead(const HttpLimits& limits) : limits_(limits) {}
  RequestHead(const RequestHead&) = delete;
  RequestHead& operator=(const RequestHead&) = delete;

  // Reads on. `bytes` is all that has come since the last Clear, as the last Read left it and
  // wherever it stands now; what was read is not read again. Names of fields become lower case in
  // place. REQUIRES: the last Read since Clear, if any, said kNeedMore.
  Progress Read(std::span<char> bytes);

  // After kWhole. The views point into the bytes of the last Read or MoveTo; `body` is the
  // caller's.
  Request& request() { return request_; }
  const Request& request() const { return request_; }
  size_t bytes() const { return line_begin_; }
  bool http10() const { return http10_; }
  bool chunked() const { return framing_.chunked(); }
  uint64_t content_length() const { return framing_.content_length(); }
  bool expects_continue() const { return framing_.expects_continue(http10_); }
  bool keep_alive() const { return framing_.keep_alive(http10_); }

  // After kRejected.
  const Rejection& rejection() const { return *rejection_; }

  // Of the empty lines before the request.
  size_t blank_bytes() const { return 2 * blank_lines_; }

  // The bytes stand at `to` now.
  void MoveTo(const char* to);
  // Another request begins.
  void Clear();
  // Keeps no more memory than most requests need. REQUIRES: nothing is of use any more.
  void ReleaseMemory();
  size_t held_bytes() const { return fields_.capacity() * sizeof(HeaderField); }

 private:
  bool SkipBlankLines(std::span<char> bytes);
  bool ReadRequestLine(std::span<char> bytes);
  bool ReadField(std::span<char> bytes);
  bool FindLineFeed(std::span<char> bytes);
  bool RejectIfTooLong(size_t line_end);
  bool OnTrouble(std::span<char> bytes, Rejection rejection);
  bool OnTarget(std::string_view method, std::string_view target);
  bool OnEnd();
  bool Reject(Rejection rejection);

  const HttpLimits& limits_;

  const char* base_ = nullptr;  // where the bytes stood in the last Read or MoveTo
  size_t line_begin_ = 0;       // of the line that is to be read
  size_t searched_ = 0;         // where that line was begun before: no LF up to here
  size_t fields_begin_ = 0;     // 0: the request line is still to be read
  uint32_t blank_lines_ = 0;
  bool http10_ = false;
  bool method_known_ = false;
  Progress progress_ = Progress::kNeedMore;

  Request request_;
  std::vector<HeaderField> fields_;
  Framing framing_;
  std::optional<Rejection> rejection_;
};

}  // namespace thalweg
