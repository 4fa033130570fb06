#include "base/damage.h"

#include <cstdlib>

#include "base/write_soon.h"

namespace thalweg {

void EndForDamage(std::string_view message) {
  TellLast({message});
  std::_Exit(kExitDamaged);
}

}  // namespace thalweg
