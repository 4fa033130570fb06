// A crash simulation that fails, made small: fewer generations, fewer steps.
#pragma once

#include <string>
#include <string_view>

#include "testing/crash_run.h"

namespace thalweg {

// A script that fails, of which no step can be left out. REQUIRES: `failing` fails.
CrashScript Shrink(CrashScript failing);

// Its generations and the steps that it keeps, as "2:3,17,154", and back; false: not such a text.
std::string StepsOf(const CrashScript& script);
bool TakeSteps(std::string_view text, CrashScript& script);

}  // namespace thalweg
