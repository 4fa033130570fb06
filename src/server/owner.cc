#include "server/owner.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "storage/folder_names.h"

namespace thalweg {

std::optional<uid_t> OtherOwner(const std::string& dir) {
  struct stat made{};
  // Where this one may not look into it, whose the directory itself is.
  const bool is_known = stat((dir + "/" + kIdentityFile).c_str(), &made) == 0 ||
                        (errno == EACCES && stat(dir.c_str(), &made) == 0);
  return is_known && made.st_uid != geteuid() ? std::optional(made.st_uid) : std::nullopt;
}

}  // namespace thalweg
