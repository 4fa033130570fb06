// What the shared library shows of itself: a class or function marked THALWEG_API.
#pragma once

#define THALWEG_API __attribute__((visibility("default")))
