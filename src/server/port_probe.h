// Whether someone listens on a port already. SO_REUSEPORT, with which our loops share one, would
// let a second server of the same user join in unnoticed and take half of its requests.
#pragma once

#include <cstdint>
#include <string>

namespace thalweg {

// False where it cannot be told, and for port 0: binding will tell.
bool PortIsTaken(const std::string& host, uint16_t port);

}  // namespace thalweg
