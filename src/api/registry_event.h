// What the registry says of one creation or deletion: a change in State Protocol form. Pure.
#pragma once

#include <string>

#include "thalweg/hooks.h"

namespace thalweg {

// One JSON object, as in thalweg/registry.h.
std::string RegistryEventJson(const StreamEvent& event);

}  // namespace thalweg
