#include "http/coding.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <vector>

#include "http/compress.h"

namespace thalweg {
namespace {

TEST(NegotiateCoding, HonoursTheClientsWeights) {
  struct Case {
    const char* why;
    const char* accept;
    Coding want;
  };
  const Case cases[] = {
      {"nothing said", "", Coding::kIdentity},
      {"gzip", "gzip", Coding::kGzip},
      {"old name", "X-GZIP", Coding::kGzip},
      {"what browsers send", "gzip, deflate, br, zstd", Coding::kZstd},
      {"gzip before deflate", "deflate, gzip", Coding::kGzip},
      {"weights decide", "gzip;q=0.5, deflate;q=0.8", Coding::kDeflate},
      {"weights decide against zstd too", "zstd;q=0.1, gzip", Coding::kGzip},
      {"zero forbids", "gzip;q=0", Coding::kIdentity},
      {"zero forbids in thousandths", "gzip;q=0.000", Coding::kIdentity},
      {"zero forbids one", "gzip;q=0, deflate", Coding::kDeflate},
      {"anything is gzip", "*", Coding::kGzip},
      {"anything but", "*, gzip;q=0", Coding::kDeflate},
      {"nothing", "*;q=0", Coding::kIdentity},
      {"unknown", "br", Coding::kIdentity},
      {"identity preferred", "identity, gzip;q=0.5", Coding::kIdentity},
      {"identity forbidden", "identity;q=0, gzip;q=0.1", Coding::kGzip},
      {"identity as good: smaller wins", "identity, gzip", Coding::kGzip},
      {"spaces and case", " GZip ; Q=0.3 ,", Coding::kGzip},
      {"malformed weights are no preference", "gzip;q=2, deflate;q=0.1234", Coding::kIdentity},
      {"malformed items", ";;,gzip;level=1,,", Coding::kIdentity},
  };
  for (const Case& c : cases) EXPECT_EQ(NegotiateCoding(c.accept), c.want) << c.why;
}

TEST(IsCompressible, LeavesPackedTypesAlone) {
  for (const char* type : {"text/plain", "application/json; charset=utf-8", "image/svg+xml",
                           "application/octet-stream"}) {
    EXPECT_TRUE(IsCompressible(type)) << type;
  }
  for (const char* type : {"image/png", "Video/MP4", "audio/ogg", "application/zip",
                           "application/gzip; x=y", "application/zstd"}) {
    EXPECT_FALSE(IsCompressible(type)) << type;
  }
}

std::string InflateZlib(std::string_view packed, int window_bits, size_t room) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, window_bits), Z_OK);
  std::string out(room, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string Unpack(Coding coding, std::string_view packed, size_t room) {
  if (coding == Coding::kGzip) return InflateZlib(packed, 15 + 16, room);
  if (coding == Coding::kDeflate) return InflateZlib(packed, 15, room);
  std::string out(room, '\0');
  const size_t size = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
  EXPECT_FALSE(ZSTD_isError(size));
  out.resize(ZSTD_isError(size) ? 0 : size);
  return out;
}

// Text that does not shrink: every step of the compressor is filled.
std::string Noise(size_t size) {
  std::string text(size, '\0');
  uint64_t state = 88172645463325252u;
  for (char& byte : text) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<char>(state);
  }
  return text;
}

TEST(Compress, GivesBackThePartsInOrder) {
  const std::vector<std::vector<std::string>> bodies = {
      {},
      {""},
      {"one"},
      {"[", "1,", "", "2", "]"},
      {std::string(300'000, 'a'), "b"},
      {Noise(200'000), Noise(70'000), "end"},
      std::vector<std::string>(5000, "0123456789"),
  };
  for (const Coding coding : {Coding::kGzip, Coding::kDeflate, Coding::kZstd}) {
    for (const auto& body : bodies) {
      std::vector<Bytes> parts;
      std::string whole;
      for (const std::string& part : body) {
        parts.push_back(Bytes::Own(part));
        whole += part;
      }
      EXPECT_EQ(Unpack(coding, Compress(coding, parts), whole.size() + 1), whole)
          << CodingName(coding) << " of " << whole.size();
    }
  }
}

TEST(CompressPiece, PiecesAndTheirEndsAreOneBody) {
  const std::string texts[] = {"one", Noise(200'000), std::string(300'000, 'a'), "end"};
  std::string packed(kGzipBegin), whole;
  GzipSum sum;
  for (const std::string& text : texts) {
    const Bytes parts[] = {Bytes::Own(text.substr(0, 2)), Bytes::Own(text.substr(2))};
    const GzipPiece piece = CompressPiece(parts);
    packed += piece.bytes;
    sum = Joined(sum, piece.sum);
    whole += text;
  }
  packed += GzipEnd(sum);
  EXPECT_EQ(Unpack(Coding::kGzip, packed, whole.size() + 1), whole);
}

TEST(NegotiateGzip, TakesItFromWhoeverTakesItAsWillinglyAsNothing) {
  for (const char* accept : {"gzip", "x-gzip;q=0.1", "zstd, gzip;q=0.5", "*", "identity, gzip"}) {
    EXPECT_EQ(NegotiateGzip(accept), Coding::kGzip) << accept;
  }
  for (const char* accept :
       {"", "zstd", "deflate", "gzip;q=0", "*, gzip;q=0", "identity, gzip;q=0.5"}) {
    EXPECT_EQ(NegotiateGzip(accept), Coding::kIdentity) << accept;
  }
}

}  // namespace
}  // namespace thalweg
