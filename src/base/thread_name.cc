#include "base/thread_name.h"

#include <pthread.h>

#include <cstring>

#include "base/assert.h"

namespace thalweg {
namespace {

constexpr size_t kThreadNameMax = 15;  // the system's

}  // namespace

void NameThisThread(const char* name) {
  THALWEG_ASSERT(std::strlen(name) <= kThreadNameMax);
  pthread_setname_np(pthread_self(), name);  // a system that refuses it loses the name alone
}

}  // namespace thalweg
