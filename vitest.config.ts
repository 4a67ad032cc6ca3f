import { defineConfig } from "vitest/config"

/**
 * Suites share a few processes (`isolate: false`): they leave no globals behind, and the embedded database server of
 * platform/sql/testing.ts then starts once per process. Suites that run the whole program have a process each.
 */
const whole_program = ["test/**/*.test.ts", "**/kill*.test.ts"]
const never = ["**/node_modules/**", "**/dist/**", "data/**"]

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    projects: [
      {
        extends: true,
        test: { name: "units", include: ["**/*.test.{ts,tsx}"], exclude: [...never, ...whole_program], isolate: false },
      },
      { extends: true, test: { name: "whole", include: whole_program, exclude: never, isolate: true } },
    ],
  },
})
