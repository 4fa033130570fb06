// Property: the parser makes the same of any bytes, whole, split anywhere, or byte by byte, and
// whether or not its requests wait for their turn; and of a head that it accepts, llhttp makes the
// same, but for the differences that are named.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "net/http1_transcript.h"
#include "net/llhttp_opinion.h"

using thalweg::TranscriptOf;

namespace {

void CompareWithLlhttp(std::string_view bytes, const thalweg::HttpLimits& limits) {
  std::string own(bytes);
  thalweg::RequestHead head(limits);
  if (head.Read(own) != thalweg::RequestHead::Progress::kWhole) return;
  if (KnownDifferenceOf(head) != thalweg::KnownDifference::kNone) return;
  THALWEG_ASSERT(DifferenceFromLlhttp(head, bytes.substr(0, head.bytes())).empty());
}

}  // namespace

// The first two bytes choose a split; the rest is what comes from the socket.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  thalweg::HttpLimits limits;
  limits.request_line_bytes_max = 64;
  limits.header_bytes_max = 256;
  limits.header_count_max = 8;
  limits.body_bytes_max = 128;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  CompareWithLlhttp(bytes, limits);
  const std::string whole = TranscriptOf(bytes, {}, limits);
  THALWEG_ASSERT(TranscriptOf(bytes, {}, limits, /*hold=*/true) == whole);

  const size_t step = data[0] % 64u + 1;
  std::vector<size_t> cuts;
  for (size_t cut = data[1]; cut < bytes.size(); cut += step) cuts.push_back(cut);
  THALWEG_ASSERT(TranscriptOf(bytes, cuts, limits) == whole);
  THALWEG_ASSERT(TranscriptOf(bytes, cuts, limits, /*hold=*/true) == whole);
  return 0;
}
