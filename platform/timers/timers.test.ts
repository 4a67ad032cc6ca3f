import { expect, it } from "vitest"
import { every, sleep, within } from "./index.ts"

it("runs again after a failure, never twice at once, and stop waits for the run under way", async () => {
  const failures: string[] = []
  let [runs, inside, most] = [0, 0, 0]
  const loop = every(
    1,
    async () => {
      most = Math.max(most, ++inside)
      await sleep(3)
      inside--
      if (++runs === 2) throw new Error("second")
    },
    "sweep",
    (name, error) => failures.push(`${name}: ${(error as Error).message}`),
  )
  while (runs < 4) await sleep(1)
  await loop.stop()
  const ended = runs
  await sleep(10)
  expect({ failures, most, inside, runs }).toEqual({ failures: ["sweep: second"], most: 1, inside: 0, runs: ended })
})

it("ends a wait early and a late promise with a sentence", async () => {
  const abort = new AbortController()
  const wait = sleep(10_000, abort.signal)
  abort.abort()
  await wait
  await sleep(10_000, abort.signal)
  await expect(within(5, new Promise(() => {}), "The printer took longer than 5 ms.")).rejects.toThrow("The printer")
  expect(await within(1000, Promise.resolve(7), "late")).toBe(7)
})
