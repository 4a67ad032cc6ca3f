import { describe, expect, it } from "vitest"
import { type Job, jobQueue, pace } from "./index.ts"

type Held = Job & { finish(): void; fail(error: Error): void; ended: Promise<void> }
function job(id: number, asked_by_name = "ann"): Held {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const stop = new AbortController()
  stop.signal.addEventListener("abort", () => resolve())
  return { row: { id, asked_by_name }, stop, done: null, finish: resolve, fail: reject, ended: promise }
}

function queue() {
  const failures: unknown[] = []
  const begun: number[] = []
  const jobs = jobQueue<Held>(
    { running_max: 1, queued_max: 2, own_max: 3 },
    (one) => {
      begun.push(one.row.id)
      return one.ended
    },
    (error) => failures.push(error),
  )
  return { jobs, begun, failures }
}

describe("a line of jobs", () => {
  it("runs one after the other, also after one that failed", async () => {
    const { jobs, begun, failures } = queue()
    const [a, b, c] = [job(1), job(2), job(3)]
    for (const one of [a, b, c]) jobs.add(one)
    expect(begun).toEqual([1])
    a.fail(new Error("broken"))
    await a.done
    expect(begun).toEqual([1, 2])
    b.finish()
    await b.done
    c.finish()
    await c.done
    expect([begun, failures.length, jobs.find(3)]).toEqual([[1, 2, 3], 1, undefined])
  })

  it("has room within its limits, for all and for one person", () => {
    const { jobs } = queue()
    jobs.add(job(1, "ann"))
    jobs.add(job(2, "ann"))
    expect(jobs.hasRoom("ann")).toBe(true)
    jobs.add(job(3, "bob"))
    expect([jobs.hasRoom("ann"), jobs.hasRoom("bob")]).toEqual([false, false])
    const { jobs: wide } = queue()
    for (const id of [1, 2, 3]) wide.add(job(id, "ann"))
    expect(wide.hasRoom("ann")).toBe(false)
  })

  it("breaks off what waits at once and what runs when it has ended, and closes", async () => {
    const { jobs, begun } = queue()
    const [a, b, c] = [job(1), job(2), job(3)]
    for (const one of [a, b, c]) jobs.add(one)
    expect(await jobs.breakOff(b)).toBe("waiting")
    expect(await jobs.breakOff(a)).toBe("ended")
    expect(begun).toEqual([1, 3])
    const closed = jobs.close()
    jobs.add(job(4))
    await closed
    expect([jobs.closing(), c.stop.signal.aborted, begun]).toEqual([true, true, [1, 3]])
  })
})

it("the pace of a job is known while it runs", () => {
  const row = { state: "running", started_at: 1000, rows: 50, progress: 0.25 }
  expect(pace(row, 3000)).toEqual({ rows_per_s: 25, left_s: 6 })
  expect(pace({ ...row, state: "queued", started_at: null }, 3000)).toEqual({ rows_per_s: null, left_s: null })
})
