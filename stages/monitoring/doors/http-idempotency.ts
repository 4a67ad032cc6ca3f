import { createHash } from "node:crypto"
import { ProblemError, problem } from "../../../model/index.ts"
import type { Db } from "../../../platform/sql/index.ts"
import * as store from "./store.ts"

/** An answer as it was given; the same key brings it again. */
export type Answer = { status: number; body: unknown }

const kept_ms = 24 * 3_600_000
const key_length_max = 200
/** More keys of one sender within the 24 hours let the oldest go. */
export const keys_a_sender_max = 10_000
/** Old ones are removed once in so many new ones. */
const sweep_every = 500

/**
 * Answers a request again where its key is known. Answers that a repetition may change (5xx, 429) are not kept. Two
 * requests with one key at once: the second waits for the first.
 */
export function idempotency(db: Db, wall: () => number) {
  const under_way = new Map<string, { hash: string; answer: Promise<Answer> }>()
  let made = 0

  async function once(sender: string, key: string | undefined, body: Buffer, give: () => Promise<Answer>) {
    if (key === undefined) return await give()
    if (key.length === 0 || key.length > key_length_max || !/^[\x21-\x7e]+$/.test(key))
      throw new ProblemError(badKey(key))
    const hash = createHash("sha256").update(body).digest("hex")
    const name = `${sender}\n${key}`
    const first = under_way.get(name)
    if (first) {
      if (first.hash !== hash) throw new ProblemError(otherBody(key))
      return await first.answer
    }
    const answer = known(sender, key, hash, give)
    under_way.set(name, { hash, answer })
    try {
      return await answer
    } finally {
      under_way.delete(name)
    }
  }

  async function known(sender: string, key: string, hash: string, give: () => Promise<Answer>): Promise<Answer> {
    const found = await store.findAnswer(db, sender, key, wall() - kept_ms)
    if (found) {
      if (found.body_hash !== hash) throw new ProblemError(otherBody(key))
      return { status: found.status, body: found.answer }
    }
    const answer = await give()
    if (answer.status < 500) {
      await store.keepAnswer(db, { sender, key, body_hash: hash, ...answer, created_at: wall() })
      if (made++ % sweep_every === 0) await store.sweepAnswers(db, sender, wall() - kept_ms, keys_a_sender_max)
    }
    return answer
  }

  return once
}

const badKey = (key: string) =>
  problem(
    "bad-idempotency-key",
    400,
    `Idempotency-Key 应为 1 至 ${key_length_max} 个可见的 ASCII 字符`,
    `An Idempotency-Key has 1 to ${key_length_max} visible ASCII characters`,
    { field: "idempotency-key", value: key.slice(0, 60) },
  )
const otherBody = (key: string) =>
  problem(
    "idempotency-mismatch",
    422,
    "此 Idempotency-Key 已用于另一内容；新的内容请用新的键",
    "This Idempotency-Key was used with another body; a new body needs a new key",
    { field: "idempotency-key", value: key.slice(0, 60) },
  )
