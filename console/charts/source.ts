export type RollupStep = "1min" | "15min" | "1h" | "1d"
/** Where a curve comes from: readings (decimated by the server), waveform samples or envelope, or a roll-up. */
export type Source = "raw" | "wave" | RollupStep

export const step_ms: Record<RollupStep, number> = {
  "1min": 60_000,
  "15min": 900_000,
  "1h": 3_600_000,
  "1d": 86_400_000,
}
const steps: RollupStep[] = ["1d", "1h", "15min", "1min"]
/** A roll-up is drawn from so many buckets a pixel on: fewer would look coarser than the screen. */
const buckets_per_px_min = 0.33
/** Readings are asked for up to so many a pixel; beyond, the roll-up shows the same picture for less. */
const readings_per_px_max = 3

/** The source that fills the screen without more than it can show: coarser the further out. */
export function sourceOf(p: { interval_ms: number; waveform: boolean }, span_ms: number, width_px: number): Source {
  const width = Math.max(100, width_px)
  // Its envelope comes from the server's own roll-ups where the samples are too many.
  if (p.waveform) return "wave"
  if (span_ms / Math.max(1, p.interval_ms) <= readings_per_px_max * width) return "raw"
  return (
    steps.find(
      (s) =>
        span_ms / step_ms[s] >= buckets_per_px_min * width &&
        step_ms[s] >= p.interval_ms &&
        // Minutes are rolled up for fast points only.
        (s !== "1min" || p.interval_ms < 60_000),
    ) ?? "raw"
  )
}
