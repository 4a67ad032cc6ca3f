/** How long findings take from the arrival of the reading that concluded them. */
export type FindingLag = { count: number; p50_ms: number; p99_ms: number }

/** Keeps the last 4,096 of them; percentiles are of those. */
export function createLagMeter(): { add(ms: number): void; read(): FindingLag } {
  const last = new Float64Array(4096)
  let count = 0
  return {
    add(ms) {
      if (!Number.isFinite(ms)) return
      last[count++ % last.length] = Math.max(0, ms)
    },
    read() {
      const sorted = last.slice(0, Math.min(count, last.length)).sort()
      const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
      return { count, p50_ms: at(0.5), p99_ms: at(0.99) }
    },
  }
}
