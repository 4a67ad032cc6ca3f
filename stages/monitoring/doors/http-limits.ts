import { gunzip, zstdDecompress } from "node:zlib"
import { fail, ok, type Problem, ProblemError, problem, type Result } from "../../../model/index.ts"

/** So many senders are counted at once; one more forgets those that have been quiet. */
const senders_max = 20_000

/**
 * Counts messages of each sender: `per_s` of them a second, as many at once. Returns the seconds to wait, 0 when the
 * message may come. `wall` is UTC ms.
 */
export function senderLimit(per_s: number) {
  const senders = new Map<string, { tokens: number; at: number }>()
  return (sender: string, wall: number): number => {
    const known = senders.get(sender)
    const since_ms = known ? Math.max(0, wall - known.at) : 0
    const tokens = known ? Math.min(per_s, known.tokens + (since_ms * per_s) / 1000) : per_s
    if (!known && senders.size >= senders_max)
      for (const [name, { at }] of senders) if (wall - at > 1000) senders.delete(name)
    if (!known && senders.size >= senders_max) return 1
    if (tokens < 1) {
      senders.set(sender, { tokens, at: wall })
      return (1 - tokens) / per_s
    }
    senders.set(sender, { tokens: tokens - 1, at: wall })
    return 0
  }
}

/** Unpacks a body as its content-encoding says, never to more than `bytes_max`. */
export async function unpacked(body: Buffer, encoding: string | undefined, bytes_max: number): Promise<Result<Buffer>> {
  const how = (encoding ?? "identity").trim().toLowerCase()
  if (how === "identity" || how === "") return ok(body)
  const zstd = zstdDecompress as typeof gunzip
  const unpack = how === "gzip" || how === "x-gzip" ? gunzip : how === "zstd" ? zstd : null
  if (unpack === null) return fail(unknownEncoding(how))
  const { promise, resolve } = Promise.withResolvers<Result<Buffer>>()
  unpack(body, { maxOutputLength: bytes_max }, (error, out) => {
    if (!error) resolve(ok(out))
    else if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") resolve(fail(unpacksTooLarge(bytes_max)))
    else resolve(fail(cannotUnpack(how)))
  })
  return await promise
}

/** Refuses with a problem and says when to try again. */
export function tryAgain(
  reply: { header(name: string, value: string): unknown },
  seconds: number,
  found: Problem,
): ProblemError {
  reply.header("retry-after", String(Math.max(1, Math.ceil(seconds))))
  return new ProblemError(found)
}

export const tooOften = (per_s: number) =>
  problem(
    "too-often",
    429,
    `发送过快：每个发送方每秒最多 ${per_s} 个报文；请合并后再发`,
    `Too many messages: ${per_s} a second for one sender; put more into each`,
    { field: "device_messages_per_s", value: per_s },
  )
export const overloaded = problem(
  "overloaded",
  503,
  "平台正忙，此报文未采用；请稍后原样重发",
  "The platform is busy and took nothing of this message; send it again later as it is",
)
const unknownEncoding = (value: string) =>
  problem("unknown-encoding", 415, "content-encoding 只能为 gzip 或 zstd", "The content-encoding may be gzip or zstd", {
    field: "content-encoding",
    value: value.slice(0, 40),
  })
const unpacksTooLarge = (most: number) =>
  problem(
    "unpacks-too-large",
    413,
    `解压后超过上限 ${most} 字节；请分批发送`,
    `It unpacks to more than ${most} bytes; send it in parts`,
    { field: "content-encoding", value: most },
  )
const cannotUnpack = (how: string) =>
  problem("bad-encoding", 400, `内容不是有效的 ${how} 数据`, `The body is no valid ${how} data`, {
    field: "content-encoding",
    value: how,
  })
