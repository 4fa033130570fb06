// Whether this program is built with a sanitizer, which needs address space and descriptors of its
// own.
#pragma once

namespace thalweg {

#if defined(__has_feature)
inline constexpr bool kIsSanitized =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kIsSanitized = false;
#endif

}  // namespace thalweg
