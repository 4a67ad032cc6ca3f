/** How the points of an invented bridge behave; its waveform is given as one sample at a time. */
import type { Simulation } from "../contract.ts"

const day_ms = 86_400_000
const minute_ms = 60_000
const wave = (time: number, period_ms: number, phase: number): number =>
  Math.sin(2 * Math.PI * (time / period_ms + phase))
/** Coldest at about 6 and warmest at about 18 o'clock UTC+8. */
const warmth = (time: number): number => wave(time, day_ms, 0.08)

const values: Record<string, (time: number, seed: number) => number> = {
  // A girder of about 2 to 4 Hz under traffic, and a higher mode.
  acceleration: (time, seed) =>
    0.03 * wave(time, 1000 / (2 + 2 * seed), seed) + 0.01 * wave(time, 1000 / 9.8, 3 * seed),
  acceleration_peak: (time, seed) => 0.05 + 0.01 * wave(time, 13 * minute_ms, seed),
  acceleration_rms: (time, seed) => 0.02 + 0.005 * wave(time, 13 * minute_ms, seed),
  // Warm asphalt is soft: the frequency falls a little in the afternoon.
  acceleration_frequency: (time, seed) => (2 + 2 * seed) * (1 - 0.01 * warmth(time)),
  strain: (time, seed) => 60 + 40 * seed + 25 * warmth(time) + 6 * wave(time, 3 * minute_ms, 5 * seed),
  deflection: (time, seed) => 6 + 5 * seed + 3 * warmth(time) + 1.5 * wave(time, 2 * minute_ms, 7 * seed),
  displacement: (time, seed) => 12 * warmth(time) + 4 * (seed - 0.5),
  crack_width: (time, seed) => 0.08 + 0.08 * seed - 0.01 * warmth(time),
  tilt: (time, seed) => 0.02 * warmth(time) + 0.02 * (seed - 0.5),
  cable_force: (time, seed) => 2500 + 1500 * seed - 20 * warmth(time),
  bearing_reaction: (time, seed) => 3000 + 1000 * seed + 30 * wave(time, 2 * minute_ms, seed),
  structure_temperature: (time, seed) => 16 + 7 * warmth(time) + seed,
  wind_speed: (time, seed) => 4 + 2 * wave(time, 47 * minute_ms, seed) + wave(time, 5 * minute_ms, 2 * seed),
}

export const simulation: Simulation = {
  /** Vehicles are no steady signal; there is nothing normal to say of their weight. */
  normal: (indicator, time, seed) => values[indicator]?.(time, seed) ?? null,
  faults: [
    {
      id: "ship-impact",
      name: { zh: "船舶撞击桥墩", en: "A ship hits a pier" },
      indicator: "acceleration",
      expects_rule: "bridge.strong-shaking",
      // Rings down with a time constant of ten seconds.
      value: (normal, age_ms) =>
        normal + 8 * Math.exp(-Math.max(0, age_ms) / 10_000) * Math.abs(wave(age_ms, 1000 / 2.3, 0.25)),
    },
    {
      id: "crack-growth",
      name: { zh: "裂缝扩展", en: "A crack grows" },
      indicator: "crack_width",
      expects_rule: "bridge.crack-wide",
      value: (normal, age_ms) => normal + Math.min(0.5, (0.5 * Math.max(0, age_ms)) / (6 * 60 * minute_ms)),
    },
    {
      id: "pier-leans",
      name: { zh: "独柱墩倾斜", en: "A single-column pier leans" },
      indicator: "tilt",
      expects_rule: "bridge.tilt-large",
      value: (normal, age_ms) => normal + Math.min(1.2, (1.2 * Math.max(0, age_ms)) / (30 * minute_ms)),
    },
  ],
}
