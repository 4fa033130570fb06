// A fault as the test endpoint takes it: a JSON object, as the reference implementation has it.
//
// Pure. The shape is checked here; whether the values make sense, by CheckFault.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "thalweg/fault_injection.h"

namespace thalweg {

struct PlacedFault {
  std::string path;
  Fault fault;
};

// The error is a sentence that says what is wrong with `json`.
std::expected<PlacedFault, std::string> ParseFault(std::string_view json);

}  // namespace thalweg
