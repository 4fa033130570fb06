// Content types: how they default, when two are the same, what they mean. (protocol 9)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace thalweg {

inline constexpr std::string_view kDefaultContentType = "application/octet-stream";

enum class ContentKind : uint8_t { kBytes, kText, kJson };  // kText: text/*

// The media type as it is written, trimmed.
std::string_view WithoutParameters(std::string_view content_type);

// The media type in lower case without its parameters, trimmed.
std::string MediaType(std::string_view content_type);

// Whether there is one: the same as !MediaType(content_type).empty().
bool HasMediaType(std::string_view content_type);

// Whether two values name the same media type; parameters and case do not count.
bool SameMediaType(std::string_view a, std::string_view b);

ContentKind KindOf(std::string_view content_type);

// Whether `text` begins with type "/" subtype, as a created stream's type must to be kept.
bool LooksLikeMediaType(std::string_view text);

}  // namespace thalweg
