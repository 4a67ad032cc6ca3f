/** Which worker looks after what, and how saved states are dealt anew when their number changes. */
import { replayFrom, type Saved } from "./saved.ts"

/** One of `count` workers. */
export type Shard = { index: number; count: number }

export const only_shard: Shard = { index: 0, count: 1 }

/** Limits and waveforms go by point: what looks at a channel reads its samples once. Knuth's multiplicative hash. */
export const ownsPoint = ({ index, count }: Shard, point: number): boolean =>
  count === 1 || (Math.imul(point, 0x9e3779b1) >>> 8) % count === index

/** Subjects of other detectors go by rule and key (FNV-1a). */
export function ownsSubject({ index, count }: Shard, rule: string, key: string): boolean {
  if (count === 1) return true
  let hash = 0x811c9dc5
  for (const text of [rule, "\n", key])
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % count === index
}

/**
 * What each of `count` workers begins with, and after which batch it is fed. The same number of workers as at the time of
 * saving get their own states back; another number gets all of them (`changed`), takes what it owns, and is fed from the
 * least place. Where a worker's state is missing it is fed from the beginning.
 */
export function dealt(
  saved: readonly (Saved | null)[],
  count: number,
): { changed: boolean; parts: { saved: Saved | null; from: number }[] } {
  const known = saved.filter((s) => s !== null)
  const before = known[0]?.shards ?? 1
  if (known.length === 0 || before === count) {
    const parts = Array.from({ length: count }, (_, index) => saved[index] ?? null)
    return { changed: false, parts: parts.map((s) => ({ saved: s, from: s ? replayFrom(s) - 1 : 0 })) }
  }
  const all = merged(known.slice(0, before), count)
  if (known.length < before) all.replay_from = 1
  return { changed: true, parts: Array.from({ length: count }, () => ({ saved: all, from: replayFrom(all) - 1 })) }
}

/** One state of several workers; each part knows how far it came, so that what is fed twice is dropped by its time. */
function merged(parts: readonly Saved[], count: number): Saved {
  const marks = parts.map((s) => s.watermark)
  return {
    batch: Math.min(...parts.map((s) => s.batch)),
    watermark: marks.reduce((least, w) => (least === null || w === null ? null : Math.min(least, w))) ?? null,
    entries: parts.flatMap((s) => s.entries),
    quiet: parts.flatMap((s) => s.quiet ?? []),
    waves: parts.flatMap((s) => s.waves ?? []),
    replay_from: Math.min(...parts.map((s) => s.replay_from ?? s.batch + 1)),
    shards: count,
  }
}
