#include "base/sha256.h"

#include <sodium/crypto_hash_sha256.h>

namespace thalweg {

Sha256Digest Sha256(std::string_view bytes) {
  Sha256Digest digest;
  static_assert(digest.size() == crypto_hash_sha256_BYTES);
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size());
  return digest;
}

}  // namespace thalweg
