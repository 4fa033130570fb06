#include "http/etag.h"

#include "base/decimal.h"

namespace thalweg {

namespace {

constexpr size_t kUsualTagBytes = 64;

void SkipListSpace(std::string_view& list) {
  const size_t begin = list.find_first_not_of(" \t,");
  list.remove_prefix(begin == std::string_view::npos ? list.size() : begin);
}

// Takes one tag off the list, without its weakness; empty where there is none.
std::string_view TakeTag(std::string_view& list) {
  if (list.starts_with("W/")) list.remove_prefix(2);
  if (!list.starts_with('"')) return {};
  const size_t close = list.find('"', 1);
  if (close == std::string_view::npos) return {};
  const std::string_view tag = list.substr(0, close + 1);
  list.remove_prefix(tag.size());
  return tag;
}

}  // namespace

std::string MakeEtag(const PageTag& tag) {
  std::string text = "\"";
  text.reserve(kUsualTagBytes);
  AppendNumber(text, tag.life, 16);
  text += '-';
  AppendNumber(text, tag.stream.value);
  text += ':';
  AppendNumber(text, tag.start.value);
  text += ':';
  AppendNumber(text, tag.end.value);
  if (!tag.at_tail) text += ":m";
  if (tag.closed) text += ":c";
  if (tag.coding != Coding::kIdentity) text.append(":").append(CodingName(tag.coding));
  text += '"';
  return text;
}

bool MatchesEtag(std::string_view if_none_match, std::string_view etag) {
  if (if_none_match == "*") return true;
  for (SkipListSpace(if_none_match); !if_none_match.empty(); SkipListSpace(if_none_match)) {
    const std::string_view tag = TakeTag(if_none_match);
    if (tag.empty()) return false;
    if (tag == etag) return true;
  }
  return false;
}

}  // namespace thalweg
