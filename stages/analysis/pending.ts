/** Readings that wait for their slice, of many slots in one pool: chains in order of arrival, no object per reading. */

export type Pending = {
  /** Appends a reading to the chain of `slot`. */
  put(slot: number, time: number, value: number, quality: number, arrived: number, batch: number): void
  /** Takes the readings with time < `to` off the chain, in order of time, the first of equal times; the rest stays. */
  take(slot: number, to: number, each: (time: number, value: number, quality: number, arrived: number) => void): void
  /** Time of the earliest reading after a take; Infinity where none is left. */
  first(slot: number): number
  /** Smallest batch number of all that wait; Infinity for none. */
  oldestBatch(): number
  size(): number
}

const none = -1
const capacity_start = 1024

export function createPending(slots: number): Pending {
  const head = new Int32Array(slots).fill(none)
  const tail = new Int32Array(slots).fill(none)
  /** 1 where a reading came out of order and the chain must be sorted before it is taken. */
  const mixed = new Uint8Array(slots)
  let next = new Int32Array(capacity_start)
  let time = new Float64Array(capacity_start)
  let value = new Float64Array(capacity_start)
  let arrived = new Float64Array(capacity_start)
  let batch = new Float64Array(capacity_start)
  let quality = new Uint8Array(capacity_start)
  let free = none
  let used = 0
  let size = 0

  function room(): number {
    size++
    if (free !== none) {
      const at = free
      free = next[at]!
      return at
    }
    if (used === next.length) grow(used * 2)
    return used++
  }

  function grow(to: number) {
    const moved = <T extends Float64Array | Int32Array | Uint8Array>(from: T, into: T): T => {
      into.set(from)
      return into
    }
    next = moved(next, new Int32Array(to))
    time = moved(time, new Float64Array(to))
    value = moved(value, new Float64Array(to))
    arrived = moved(arrived, new Float64Array(to))
    batch = moved(batch, new Float64Array(to))
    quality = moved(quality, new Uint8Array(to))
  }

  function release(at: number) {
    next[at] = free
    batch[at] = Number.POSITIVE_INFINITY
    free = at
    size--
  }

  /** Links the chain anew in order of time, stable in arrival; later readings of a time that is there are dropped. */
  function sort(slot: number) {
    const chain: number[] = []
    for (let at = head[slot]!; at !== none; at = next[at]!) chain.push(at)
    const arrival = new Map(chain.map((at, i) => [at, i]))
    chain.sort((a, b) => time[a]! - time[b]! || arrival.get(a)! - arrival.get(b)!)
    let last = none
    for (const at of chain) {
      if (last !== none && time[at] === time[last]) {
        release(at)
        continue
      }
      if (last === none) head[slot] = at
      else next[last] = at
      last = at
    }
    next[last] = none
    tail[slot] = last
    mixed[slot] = 0
  }

  return {
    put(slot, t, v, q, a, b) {
      const at = room()
      time[at] = t
      value[at] = v
      quality[at] = q
      arrived[at] = a
      batch[at] = b
      next[at] = none
      const last = tail[slot]!
      if (last === none) head[slot] = at
      else {
        next[last] = at
        if (t <= time[last]!) mixed[slot] = 1
      }
      tail[slot] = at
    },
    take(slot, to, each) {
      if (mixed[slot] === 1) sort(slot)
      let at = head[slot]!
      while (at !== none && time[at]! < to) {
        each(time[at]!, value[at]!, quality[at]!, arrived[at]!)
        const after = next[at]!
        release(at)
        at = after
      }
      head[slot] = at
      if (at === none) tail[slot] = none
    },
    first: (slot) => (head[slot] === none ? Number.POSITIVE_INFINITY : time[head[slot]!]!),
    oldestBatch() {
      let oldest = Number.POSITIVE_INFINITY
      if (size > 0) for (let at = 0; at < used; at++) if (batch[at]! < oldest) oldest = batch[at]!
      return oldest
    },
    size: () => size,
  }
}
