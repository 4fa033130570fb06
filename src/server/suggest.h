// "Did you mean": the known word nearest to a mistyped one. Pure.
#pragma once

#include <span>
#include <string_view>

namespace thalweg {

// The candidate at most two edits from `word`, the nearest first; empty where none is.
std::string_view NearestWord(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace thalweg
