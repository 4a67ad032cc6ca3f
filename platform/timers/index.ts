export type Loop = {
  /** Ends the loop and waits for the run that is under way. */
  stop(): Promise<void>
}

/**
 * Runs `fn` every `ms` of wall time, the first time after `ms`. Runs never overlap: a slow one delays the next. A run
 * that fails is told to `failed` with the loop's name, and the loop goes on.
 */
export function every(
  ms: number,
  fn: () => void | Promise<void>,
  name: string,
  failed: (name: string, error: unknown) => void,
): Loop {
  let stopped = false
  let running: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const run = async () => {
    try {
      await fn()
    } catch (error) {
      failed(name, error)
    }
    plan()
  }
  const plan = () => {
    if (stopped) return
    timer = setTimeout(() => {
      running = run()
    }, ms)
  }
  plan()
  const stop = async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
  return { stop }
}

/** Runs `fn` once after `ms` of wall time; the program may end before. */
export function after(ms: number, fn: () => void): void {
  setTimeout(fn, ms).unref()
}

/** Waits `ms` of wall time; an aborted `signal` ends the wait at once, without an error. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal?.aborted) return Promise.resolve()
  const timer = setTimeout(resolve, ms)
  const end = () => {
    clearTimeout(timer)
    resolve()
  }
  signal?.addEventListener("abort", end, { once: true })
  return promise.finally(() => signal?.removeEventListener("abort", end))
}

/** The promise's result, or an error with `sentence` when it takes longer than `ms`; the work itself is not stopped. */
export async function within<T>(ms: number, promise: Promise<T>, sentence: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(sentence)), ms)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
