#include "base/damage.h"

#include <cstdio>
#include <cstdlib>

namespace thalweg {

void EndForDamage(std::string_view message) {
  std::fprintf(stderr, "thalweg: %.*s\n", static_cast<int>(message.size()), message.data());
  std::_Exit(kExitDamaged);
}

}  // namespace thalweg
