import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["conformance.test.mjs"],
    testTimeout: 30_000, // several tests wait for expiry; a sanitizer's build is slow
    hookTimeout: 30_000,
    fileParallelism: false,
  },
});
