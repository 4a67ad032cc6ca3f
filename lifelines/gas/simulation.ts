/** How the points of an invented gas network behave. */
import type { Simulation } from "../contract.ts"

const day_ms = 86_400_000
const minute_ms = 60_000
const wave = (time: number, period_ms: number, phase: number): number =>
  Math.sin(2 * Math.PI * (time / period_ms + phase))

export const simulation: Simulation = {
  /** Methane 0 to 0.12 %VOL with the warmth of the day; pressure about 8 kPa below with the evening's use. */
  normal(indicator, time, seed) {
    if (indicator === "methane_vol_pct")
      return Math.max(0, 0.05 + 0.04 * wave(time, day_ms, seed) + 0.03 * wave(time, 37 * minute_ms, 7 * seed))
    if (indicator === "gas_pressure_kpa")
      return 300 + 20 * seed - 8 * wave(time, day_ms, 0.2) + 1.5 * wave(time, 11 * minute_ms, 3 * seed)
    return null
  },
  faults: [
    {
      id: "gas-leak",
      name: { zh: "燃气泄漏窜入窨井", en: "Leaking gas creeps into a well" },
      indicator: "methane_vol_pct",
      expects_rule: "gas.methane-in-well",
      // The well fills towards 6 %VOL with a time constant of two minutes, as a stirred volume with a steady inflow does.
      value: (normal, age_ms) => normal + 6 * (1 - Math.exp(-Math.max(0, age_ms) / (2 * minute_ms))),
    },
    {
      id: "marsh-gas",
      name: { zh: "沼气缓慢积聚", en: "Marsh gas builds up slowly" },
      indicator: "methane_vol_pct",
      expects_rule: "gas.methane-in-well",
      value: (normal, age_ms) => normal + Math.min(1.6, (1.6 * Math.max(0, age_ms)) / (6 * 60 * minute_ms)),
    },
  ],
}
