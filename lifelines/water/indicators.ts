/** What can be measured in a water network, and the editable limits on it. */
import type { Indicator, Threshold } from "../contract.ts"

export const indicators: Indicator[] = [
  {
    id: "pressure_m",
    name: { zh: "压力", en: "Pressure" },
    dimension: "pressure",
    unit: "m",
    min: 0,
    max: 160,
    decimals: 2,
  },
  {
    id: "flow_m3h",
    name: { zh: "流量", en: "Flow" },
    dimension: "flow",
    unit: "m3/h",
    min: -50_000,
    max: 50_000,
    decimals: 2,
  },
  {
    id: "level_m",
    name: { zh: "水位", en: "Level" },
    dimension: "level",
    unit: "m",
    min: -1,
    max: 50,
    rate_per_min_max: 1,
    decimals: 2,
  },
  {
    id: "demand_m3h",
    name: { zh: "用水量", en: "Demand" },
    dimension: "flow",
    unit: "m3/h",
    min: 0,
    max: 10_000,
    decimals: 3,
  },
]

export const thresholds: Threshold[] = [
  {
    id: "low-pressure",
    version: 1,
    indicator: "pressure_m",
    direction: "below",
    levels: [
      { severity: 3, limit: 14 },
      { severity: 2, limit: 7 },
      { severity: 1, limit: 2 },
    ],
    hold_ms: 10 * 60_000,
    deadband: 1,
    title: { zh: "供水压力过低", en: "Water pressure too low" },
    source: {
      zh: "可编辑默认值：最低服务水头约 14 m（0.14 MPa），请按本市供水服务标准修改",
      en: "Editable default: lowest service head about 14 m (0.14 MPa); set it to the city's own service standard",
    },
  },
  {
    id: "low-tank",
    version: 1,
    indicator: "level_m",
    direction: "below",
    levels: [
      { severity: 3, limit: 0.5 },
      { severity: 2, limit: 0.2 },
    ],
    hold_ms: 10 * 60_000,
    deadband: 0.2,
    title: { zh: "水池水位过低", en: "Tank level too low" },
    source: {
      zh: "可编辑默认值：水深 0.5 m；溢流水位因池而异，请按各池设定上限",
      en: "Editable default: 0.5 m of water; overflow differs from tank to tank, set an upper limit for each",
    },
  },
]
