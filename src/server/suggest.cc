#include "server/suggest.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace thalweg {
namespace {

constexpr size_t kEditsMax = 2;
constexpr size_t kWordBytesMax = 64;  // bounds the table; no flag is longer

// Levenshtein's distance, one row at a time.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replace, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view NearestWord(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > kWordBytesMax) return {};
  std::string_view nearest;
  size_t nearest_edits = kEditsMax + 1;
  for (std::string_view candidate : candidates) {
    const size_t edits = EditDistance(word, candidate);
    if (edits >= nearest_edits) continue;
    nearest = candidate;
    nearest_edits = edits;
  }
  return nearest;
}

}  // namespace thalweg
