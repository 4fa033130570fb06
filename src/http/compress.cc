#include "http/compress.h"

#include <zlib.h>
#include <zstd.h>

#include <array>
#include <cstdint>
#include <memory>

#include "base/assert.h"
#include "base/little_endian.h"
#include "http/total_bytes.h"

namespace thalweg {

namespace {

// Fast ones: a page is compressed for one answer, and waits for it.
constexpr int kZlibLevel = 4;
constexpr int kZstdLevel = 3;
constexpr int kZlibMemoryLevel = 8;
constexpr int kZlibWindowBits = 15;
constexpr int kGzipWrapper = 16;  // added to the window bits

// What a step of a compressor may put out; small parts put out nothing at all, so the room for it
// is made once and not part by part.
using Step = std::array<char, 32 * 1024>;

void RunZlib(z_stream& stream, int flush, Step& step, std::string& out) {
  int result = Z_OK;
  do {
    stream.next_out = reinterpret_cast<Bytef*>(step.data());
    stream.avail_out = static_cast<uInt>(step.size());
    result = deflate(&stream, flush);
    THALWEG_ASSERT(result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR);
    out.append(step.data(), step.size() - stream.avail_out);
  } while (stream.avail_out == 0 && result != Z_STREAM_END);
}

// `last` is what the end is flushed with.
std::string CompressZlib(int window_bits, std::span<const Bytes> parts, int last = Z_FINISH) {
  z_stream stream{};
  const int ready = deflateInit2(&stream, kZlibLevel, Z_DEFLATED, window_bits, kZlibMemoryLevel,
                                 Z_DEFAULT_STRATEGY);
  THALWEG_ASSERT(ready == Z_OK);
  std::string out;
  Step step;
  for (const Bytes& part : parts) {
    THALWEG_ASSERT(part.size() <= UINT32_MAX);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    stream.avail_in = static_cast<uInt>(part.size());
    if (!part.empty()) RunZlib(stream, Z_NO_FLUSH, step, out);
  }
  RunZlib(stream, last, step, out);
  deflateEnd(&stream);
  return out;
}

void RunZstd(ZSTD_CCtx* context, ZSTD_inBuffer input, ZSTD_EndDirective end, Step& step,
             std::string& out) {
  size_t left = 0;
  do {
    ZSTD_outBuffer output{.dst = step.data(), .size = step.size(), .pos = 0};
    left = ZSTD_compressStream2(context, &output, &input, end);
    THALWEG_ASSERT(!ZSTD_isError(left));
    out.append(step.data(), output.pos);
  } while (input.pos < input.size || (end == ZSTD_e_end && left != 0));
}

std::string CompressZstd(std::span<const Bytes> parts) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                     &ZSTD_freeCCtx);
  THALWEG_ASSERT(context != nullptr);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kZstdLevel);
  ZSTD_CCtx_setPledgedSrcSize(context.get(), TotalBytes(parts));
  std::string out;
  Step step;
  for (const Bytes& part : parts) {
    const ZSTD_inBuffer input{.src = part.data(), .size = part.size(), .pos = 0};
    RunZstd(context.get(), input, ZSTD_e_continue, step, out);
  }
  RunZstd(context.get(), {.src = nullptr, .size = 0, .pos = 0}, ZSTD_e_end, step, out);
  return out;
}

}  // namespace

std::string Compress(Coding coding, std::span<const Bytes> parts) {
  switch (coding) {
    case Coding::kGzip: return CompressZlib(kZlibWindowBits + kGzipWrapper, parts);
    case Coding::kDeflate: return CompressZlib(kZlibWindowBits, parts);
    case Coding::kZstd: return CompressZstd(parts);
    case Coding::kIdentity: break;
  }
  THALWEG_ASSERT(false);
}

// Blocks up to a whole byte, that refer to nothing before them.
GzipPiece CompressPiece(std::span<const Bytes> parts) {
  GzipPiece piece{.bytes = CompressZlib(-kZlibWindowBits, parts, Z_SYNC_FLUSH), .sum = {}};
  for (const Bytes& part : parts) {
    piece.sum.crc = static_cast<uint32_t>(
        crc32_z(piece.sum.crc, reinterpret_cast<const Bytef*>(part.data()), part.size()));
    piece.sum.bytes += part.size();
  }
  return piece;
}

GzipSum Joined(const GzipSum& first, const GzipSum& second) {
  const auto second_bytes = static_cast<z_off_t>(second.bytes);
  return {.crc = static_cast<uint32_t>(crc32_combine(first.crc, second.crc, second_bytes)),
          .bytes = first.bytes + second.bytes};
}

// An empty last block, then both sums, the length by 2^32.
std::string GzipEnd(const GzipSum& sum) {
  std::string end("\x03\0", 2);
  end.resize(2 + 2 * sizeof(uint32_t));
  Put(end.data(), 2, sum.crc);
  Put(end.data(), 2 + sizeof(uint32_t), static_cast<uint32_t>(sum.bytes));
  return end;
}

}  // namespace thalweg
