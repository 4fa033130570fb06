#include "base/keyed_hash.h"

#include <sodium/crypto_shorthash.h>
#include <sodium/randombytes.h>

#include <array>
#include <cstring>

namespace thalweg {
namespace {

using Key = std::array<unsigned char, crypto_shorthash_KEYBYTES>;

Key DrawKey() {
  Key key;
  randombytes_buf(key.data(), key.size());
  return key;
}

Key& KeyOfProcess() {
  // tidy-ok(mutable-global): drawn once for the whole process; only tests set it
  static Key key = DrawKey();
  return key;
}

}  // namespace

uint64_t KeyedHash(std::string_view text) {
  uint64_t hash = 0;
  static_assert(sizeof hash == crypto_shorthash_BYTES);
  std::array<unsigned char, sizeof hash> bytes;
  crypto_shorthash(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                   KeyOfProcess().data());
  std::memcpy(&hash, bytes.data(), sizeof hash);
  return hash;
}

void SetHashKey(uint64_t seed) {
  Key key{};
  std::memcpy(key.data(), &seed, sizeof seed);
  KeyOfProcess() = key;
}

}  // namespace thalweg
