/** Which rows explain contradictions between pairs of rows: as few as possible, those with the most contradictions. */

/**
 * `pairs` are rows that contradict each other. Each pair gets one culprit: the row of more open contradictions, then the
 * one that `doubt` doubts more, then the later. Returns each culprit with its first pair.
 */
export function culprits(
  pairs: readonly (readonly [a: number, b: number])[],
  doubt: (row: number, pair: number) => number,
): Map<number, number> {
  const open = new Map<number, Set<number>>()
  const touch = (row: number, pair: number) => {
    const set = open.get(row)
    if (set) set.add(pair)
    else open.set(row, new Set([pair]))
  }
  pairs.forEach(([a, b], k) => {
    touch(a, k)
    touch(b, k)
  })
  const found = new Map<number, number>()
  // Rows by falling count of contradictions; counts only fall, so a row that has lost some is put back in its place.
  const queue = [...open.keys()].sort((a, b) => open.get(b)!.size - open.get(a)!.size)
  const buckets = new Map<number, number[]>()
  let most = 0
  const put = (row: number) => {
    const n = open.get(row)!.size
    most = Math.max(most, n)
    const bucket = buckets.get(n)
    if (bucket) bucket.push(row)
    else buckets.set(n, [row])
  }
  for (const row of queue) put(row)
  const settle = (row: number, pair: number) => {
    if (!found.has(row)) found.set(row, pair)
    for (const k of open.get(row)!) {
      const [a, b] = pairs[k]!
      open.get(a)!.delete(k)
      open.get(b)!.delete(k)
    }
  }
  for (; most >= 2; most--) {
    for (let row = buckets.get(most)?.pop(); row !== undefined; row = buckets.get(most)?.pop()) {
      const left = open.get(row)!
      if (left.size < most) {
        if (left.size > 0) put(row)
      } else settle(row, left.values().next().value!)
    }
  }
  for (let k = 0; k < pairs.length; k++) {
    const [a, b] = pairs[k]!
    if (!open.get(a)!.has(k)) continue
    const [da, db] = [doubt(a, k), doubt(b, k)]
    settle(da === db ? Math.max(a, b) : da > db ? a : b, k)
  }
  return found
}
