/** Jobs that people ask for and wait for, such as exports: a bounded line of them, a few at once, each may be broken off. */

/** A job and the row it is kept under; `done` is null while it waits. */
export type Job = {
  row: { id: number; asked_by_name: string }
  stop: AbortController
  done: Promise<void> | null
}

/** How many run at once, wait for their turn, and wait or run of one person. */
export type JobLimits = { running_max: number; queued_max: number; own_max: number }

export type JobQueue<J extends Job> = {
  /** A job that waits or runs. */
  find(id: number): J | undefined
  /** Whether a person may add one more. */
  hasRoom(asked_by_name: string): boolean
  add(job: J): void
  /** Takes a job out: "waiting" where it had not begun; else it is told to stop, and has ended when this resolves. */
  breakOff(job: J): Promise<"waiting" | "ended">
  closing(): boolean
  /** Begins nothing more, tells what runs to stop, and resolves when it has ended. */
  close(): Promise<void>
}

/** Jobs run in the order they were added; one that throws is told to `failed`, and the next begins. */
export function jobQueue<J extends Job>(
  limits: JobLimits,
  run: (job: J) => Promise<void>,
  failed: (error: unknown) => void,
): JobQueue<J> {
  const jobs = new Map<number, J>()
  const waiting: J[] = []
  let running = 0
  let closing = false

  function begin() {
    while (!closing && running < limits.running_max && waiting.length > 0) {
      const job = waiting.shift()!
      running++
      job.done = run(job)
        .catch(failed)
        .finally(() => {
          running--
          jobs.delete(job.row.id)
          begin()
        })
    }
  }

  return {
    find: (id) => jobs.get(id),
    hasRoom(asked_by_name) {
      const own = [...jobs.values()].filter((job) => job.row.asked_by_name === asked_by_name).length
      return waiting.length < limits.queued_max && own < limits.own_max
    },
    add(job) {
      jobs.set(job.row.id, job)
      waiting.push(job)
      begin()
    },
    async breakOff(job) {
      if (job.done === null) {
        waiting.splice(waiting.indexOf(job), 1)
        jobs.delete(job.row.id)
        return "waiting"
      }
      job.stop.abort()
      await job.done
      return "ended"
    },
    closing: () => closing,
    async close() {
      closing = true
      for (const job of jobs.values()) job.stop.abort()
      await Promise.all([...jobs.values()].map((job) => job.done))
    },
  }
}

/** Rows a second so far and seconds left, where a job runs; `progress` is 0 to 1, times are wall time in ms. */
export function pace(
  row: { state: string; started_at: number | null; rows: number; progress: number },
  now: number,
): { rows_per_s: number | null; left_s: number | null } {
  const s = row.state === "running" && row.started_at !== null ? (now - row.started_at) / 1000 : 0
  return {
    rows_per_s: s > 0 ? row.rows / s : null,
    left_s: s > 0 && row.progress > 0 ? (s * (1 - row.progress)) / row.progress : null,
  }
}
