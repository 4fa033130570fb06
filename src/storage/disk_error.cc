#include "storage/disk_error.h"

#include <system_error>

#include "base/assert.h"

namespace thalweg {

std::unexpected<DiskError> DiskFailure(int code, const std::string& tried) {
  THALWEG_ASSERT(code != 0);
  return std::unexpected(
      DiskError{.code = code, .message = tried + ": " + std::system_category().message(code)});
}

}  // namespace thalweg
