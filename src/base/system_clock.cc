#include "base/system_clock.h"

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace thalweg {
namespace {

timespec SinceBoot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);  // fails on no Linux that we run on
  return now;
}

}  // namespace

int64_t SystemClock::WallMs() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

int64_t SystemClock::SteadyMs() const {
  const timespec now = SinceBoot();
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

int64_t SystemClock::SteadyUs() const {
  const timespec now = SinceBoot();
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

std::string SystemClock::SteadyScale() const {
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  if (boot.empty()) return boot;
  // A container may have moved its start of the scale.
  std::error_code error;
  return boot + " " + std::filesystem::read_symlink("/proc/self/ns/time", error).string();
}

}  // namespace thalweg
