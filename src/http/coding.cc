#include "http/coding.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/ascii.h"
#include "stream/content_type.h"

namespace thalweg {

namespace {

constexpr int kQualityMax = 1000;

// qvalue = "0" or "1", with up to three decimals; in thousandths.
std::optional<int> ParseQuality(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int quality = (text[0] - '0') * kQualityMax;
  int unit = kQualityMax / 10;
  for (const char digit : text.substr(std::min<size_t>(2, text.size()))) {
    if (!IsDigit(digit)) return std::nullopt;
    quality += (digit - '0') * unit;
    unit /= 10;
  }
  return quality <= kQualityMax ? std::optional(quality) : std::nullopt;
}

struct Preference {
  std::string_view name;
  int quality = kQualityMax;
};

// Null: malformed, to be ignored.
std::optional<Preference> ParsePreference(std::string_view item) {
  const size_t semicolon = std::min(item.find(';'), item.size());
  Preference preference{.name = Trimmed(item.substr(0, semicolon))};
  if (preference.name.empty()) return std::nullopt;
  if (semicolon == item.size()) return preference;
  const std::string_view weight = Trimmed(item.substr(semicolon + 1));
  if (weight.size() < 2 || LowerAscii(weight[0]) != 'q' || weight[1] != '=') return std::nullopt;
  const auto quality = ParseQuality(weight.substr(2));
  if (!quality) return std::nullopt;
  preference.quality = *quality;
  return preference;
}

// What the client said of each coding, in thousandths; null: nothing.
struct Preferences {
  std::optional<int> identity, gzip, deflate, zstd, any;

  std::optional<int>* SlotOf(std::string_view name) {
    if (EqualIgnoringCase(name, "gzip") || EqualIgnoringCase(name, "x-gzip")) return &gzip;
    if (EqualIgnoringCase(name, "deflate")) return &deflate;
    if (EqualIgnoringCase(name, "zstd")) return &zstd;
    if (EqualIgnoringCase(name, "identity")) return &identity;
    return name == "*" ? &any : nullptr;
  }
};

Preferences ParsePreferences(std::string_view accept) {
  Preferences preferences;
  while (!accept.empty()) {
    const size_t comma = std::min(accept.find(','), accept.size());
    if (const auto item = ParsePreference(accept.substr(0, comma))) {
      if (auto* slot = preferences.SlotOf(item->name)) *slot = item->quality;
    }
    accept.remove_prefix(std::min(comma + 1, accept.size()));
  }
  return preferences;
}

}  // namespace

std::string_view CodingName(Coding coding) {
  switch (coding) {
    case Coding::kIdentity: return "";
    case Coding::kGzip: return "gzip";
    case Coding::kDeflate: return "deflate";
    case Coding::kZstd: return "zstd";
  }
  return "";
}

Coding NegotiateCoding(std::string_view accept_encoding) {
  if (accept_encoding.empty()) return Coding::kIdentity;
  const Preferences said = ParsePreferences(accept_encoding);
  const int other = said.any.value_or(0);
  Coding best = Coding::kIdentity;
  int best_quality = 0;
  const auto consider = [&](Coding coding, int quality) {
    if (quality <= best_quality) return;
    best = coding;
    best_quality = quality;
  };
  consider(Coding::kZstd, said.zstd.value_or(0));
  consider(Coding::kGzip, said.gzip.value_or(other));
  consider(Coding::kDeflate, said.deflate.value_or(other));
  consider(Coding::kIdentity, said.identity.value_or(0));
  return best;
}

Coding NegotiateGzip(std::string_view accept_encoding) {
  const Preferences said = ParsePreferences(accept_encoding);
  const int gzip = said.gzip.value_or(said.any.value_or(0));
  return gzip > 0 && gzip >= said.identity.value_or(0) ? Coding::kGzip : Coding::kIdentity;
}

bool IsCompressible(std::string_view content_type) {
  static constexpr std::array<std::string_view, 13> kPacked = {"application/gzip",
                                                               "application/x-gzip",
                                                               "application/zip",
                                                               "application/zstd",
                                                               "application/x-bzip2",
                                                               "application/x-xz",
                                                               "application/x-7z-compressed",
                                                               "application/vnd.rar",
                                                               "application/x-rar-compressed",
                                                               "application/java-archive",
                                                               "application/pdf",
                                                               "font/woff",
                                                               "font/woff2"};
  const std::string_view type = WithoutParameters(content_type);
  const auto is = [type](std::string_view name) { return EqualIgnoringCase(type, name); };
  const std::string_view top = type.substr(0, type.find('/'));
  if (EqualIgnoringCase(top, "image")) return is("image/svg+xml");
  if (EqualIgnoringCase(top, "video") || EqualIgnoringCase(top, "audio")) return false;
  return std::ranges::none_of(kPacked, is);
}

}  // namespace thalweg
