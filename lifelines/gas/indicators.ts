/** What can be measured in and beside a gas network, and the editable limits on it. */
import type { Indicator, Threshold } from "../contract.ts"

export const indicators: Indicator[] = [
  {
    id: "methane_vol_pct",
    name: { zh: "甲烷浓度", en: "Methane" },
    dimension: "methane",
    unit: "%VOL",
    min: 0,
    max: 100,
    decimals: 2,
  },
  {
    id: "gas_pressure_kpa",
    name: { zh: "燃气压力", en: "Gas pressure" },
    dimension: "pressure",
    unit: "kPa",
    min: 0,
    max: 4000,
    decimals: 1,
  },
]

/** Lower explosive limit of methane in air, %VOL. */
const lel_vol_pct = 5

export const thresholds: Threshold[] = [
  {
    id: "methane-in-well",
    version: 1,
    indicator: "methane_vol_pct",
    direction: "above",
    levels: [
      { severity: 3, limit: 0.2 * lel_vol_pct },
      { severity: 2, limit: 0.5 * lel_vol_pct },
      { severity: 1, limit: lel_vol_pct },
    ],
    hold_ms: 20_000,
    deadband: 0.2,
    title: { zh: "相邻空间甲烷浓度超限", en: "Methane in an adjacent well" },
    source: {
      zh: "可编辑默认值：1.0/2.5/5.0 %VOL，即爆炸下限的 20/50/100 %，连续不少于两次；请按本市规定修改",
      en: "Editable default: 1.0/2.5/5.0 %VOL, that is 20/50/100 % of the lower explosive limit, over at least two readings; set it to the city's own rule",
    },
  },
]
