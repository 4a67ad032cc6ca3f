import { defineConfig } from "vitest/config"

/**
 * Suites share a few processes (`isolate: false`): they leave no globals behind, and the embedded database server of
 * platform/sql/testing.ts then starts once per process. Suites that run the whole program have a process each.
 */
const whole_program = ["test/**/*.test.ts", "**/kill*.test.ts"]
const browser = ["test/e2e/**/*.test.ts"]
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
        test: {
          name: "units",
          include: ["**/*.test.{ts,tsx}"],
          exclude: [...never, ...whole_program, ...browser],
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: "whole", include: whole_program, exclude: [...never, ...browser], isolate: true },
      },
      // Without a graphics card a map takes a core for itself: the browser's suites run one by one, after the others.
      {
        extends: true,
        test: {
          name: "browser",
          include: browser,
          exclude: never,
          isolate: true,
          fileParallelism: false,
          // A browser that draws in software may miss a beat on a busy machine; what is broken stays broken.
          retry: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
