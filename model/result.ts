/** A problem is an operating error as a value: it has a code, says which field and value, and what to do. */
export type Words = { zh: string; en: string }

export type Problem = {
  /** Stable code in kebab-case, listed in docs/guide/problems.md. */
  code: string
  /** HTTP status that fits; doors without HTTP ignore it. */
  status: number
  title: Words
  /** Field path and offending value where one field is to blame. */
  field?: string
  value?: unknown
}

export type Result<T> = { ok: true; value: T } | { ok: false; problem: Problem }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })
export const fail = <T = never>(problem: Problem): Result<T> => ({ ok: false, problem })

/** Builds a problem; zh and en say what is wrong and what to do next. */
export function problem(
  code: string,
  status: number,
  zh: string,
  en: string,
  at: { field?: string; value?: unknown } = {},
): Problem {
  return { code, status, title: { zh, en }, ...at }
}

/** Thrown through call stacks where a value cannot travel (routes); carries a Problem. */
export class ProblemError extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.title.en)
    this.problem = problem
  }
}

/** Refuses with a problem unless the condition holds. */
export function require(condition: unknown, problem: Problem): asserts condition {
  if (!condition) throw new ProblemError(problem)
}

/** Asserts what must be true; a broken assertion is a fault of ours, never of the input. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${sentence}`)
}
