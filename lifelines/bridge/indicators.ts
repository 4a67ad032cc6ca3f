/** What is measured on a bridge, and the editable limits on it. Strain is in millionths (µε), written 1e-6. */
import type { Indicator, Threshold } from "../contract.ts"

type Rest = Omit<Indicator, "id" | "name">
const indicator = (id: string, zh: string, en: string, rest: Rest): Indicator => ({ id, name: { zh, en }, ...rest })

export const indicators: Indicator[] = [
  indicator("acceleration", "加速度", "Acceleration", {
    dimension: "acceleration",
    unit: "m/s2",
    min: -20,
    max: 20,
    decimals: 4,
    waveform: {
      rate_hz_min: 20,
      rate_hz_max: 200,
      derives: { peak: "acceleration_peak", rms: "acceleration_rms", frequency: "acceleration_frequency" },
    },
  }),
  indicator("acceleration_peak", "加速度峰值", "Peak acceleration", {
    dimension: "acceleration",
    unit: "m/s2",
    min: 0,
    max: 20,
    decimals: 4,
  }),
  indicator("acceleration_rms", "加速度均方根", "RMS acceleration", {
    dimension: "acceleration",
    unit: "m/s2",
    min: 0,
    max: 20,
    decimals: 4,
  }),
  indicator("acceleration_frequency", "振动主频", "Main frequency of vibration", {
    dimension: "frequency",
    unit: "Hz",
    min: 0,
    max: 100,
    decimals: 3,
  }),
  indicator("strain", "应变", "Strain", { dimension: "strain", unit: "1e-6", min: -5000, max: 5000, decimals: 1 }),
  indicator("deflection", "挠度", "Deflection", {
    dimension: "length",
    unit: "mm",
    min: -2000,
    max: 2000,
    decimals: 2,
  }),
  indicator("displacement", "支座与伸缩缝位移", "Displacement of bearings and joints", {
    dimension: "length",
    unit: "mm",
    min: -2000,
    max: 2000,
    decimals: 2,
  }),
  indicator("crack_width", "裂缝宽度", "Crack width", {
    dimension: "length",
    unit: "mm",
    min: 0,
    max: 50,
    decimals: 3,
  }),
  indicator("tilt", "倾角", "Tilt", { dimension: "angle", unit: "deg", min: -30, max: 30, decimals: 4 }),
  indicator("cable_force", "索力", "Cable force", {
    dimension: "force",
    unit: "kN",
    min: 0,
    max: 100_000,
    decimals: 1,
  }),
  indicator("bearing_reaction", "支座反力", "Bearing reaction", {
    dimension: "force",
    unit: "kN",
    min: -10_000,
    max: 200_000,
    decimals: 1,
  }),
  indicator("structure_temperature", "结构温度", "Structure temperature", {
    dimension: "temperature",
    unit: "degC",
    min: -60,
    max: 90,
    decimals: 1,
  }),
  indicator("wind_speed", "桥面风速", "Wind speed at the deck", {
    dimension: "velocity",
    unit: "m/s",
    min: 0,
    max: 90,
    decimals: 1,
  }),
  indicator("vehicle_weight", "车辆总重", "Vehicle weight", {
    dimension: "force",
    unit: "t",
    min: 0,
    max: 500,
    decimals: 1,
  }),
]

const minute_ms = 60_000
const own_design = {
  zh: "可编辑默认值，非标准规定：应改为本桥设计值的相应比例（常用 0.8 和 1.0 倍）",
  en: "Editable default, set by no standard: replace it by this bridge's design value (0.8 and 1.0 of it are usual)",
}

export const thresholds: Threshold[] = [
  {
    id: "strong-shaking",
    version: 1,
    indicator: "acceleration",
    direction: "above",
    levels: [
      { severity: 3, limit: 1.5 },
      { severity: 2, limit: 3 },
      { severity: 1, limit: 6 },
    ],
    hold_ms: 0,
    deadband: 0.3,
    title: { zh: "桥梁强烈振动", en: "Bridge shakes strongly" },
    source: {
      zh: "可编辑默认值，非标准规定：每秒最大采样值连续两秒超过 1.5/3/6 m/s²，用于撞击、地震等突发事件",
      en: "Editable default, set by no standard: the highest sample of a second is past 1.5/3/6 m/s² in two seconds in a row; for impacts and earthquakes",
    },
  },
  {
    id: "lasting-vibration",
    version: 1,
    indicator: "acceleration_rms",
    direction: "above",
    levels: [
      { severity: 4, limit: 0.35 },
      { severity: 3, limit: 0.71 },
      { severity: 2, limit: 1.77 },
    ],
    hold_ms: 2 * minute_ms,
    deadband: 0.05,
    title: { zh: "桥梁振动持续偏大", en: "Bridge keeps vibrating" },
    source: {
      zh: "可编辑默认值：参照法国 Sétra 人行桥指南舒适度分级峰值 0.5/1.0/2.5 m/s² 除以 √2，持续 2 分钟；车行桥请按设计修改",
      en: "Editable default: the comfort classes 0.5/1.0/2.5 m/s² (peak) of the Sétra footbridge guide, divided by √2, for two minutes; set road bridges to their design",
    },
  },
  {
    id: "crack-wide",
    version: 1,
    indicator: "crack_width",
    direction: "above",
    levels: [
      { severity: 3, limit: 0.25 },
      { severity: 2, limit: 0.35 },
      { severity: 1, limit: 0.5 },
    ],
    hold_ms: 10 * minute_ms,
    deadband: 0.02,
    title: { zh: "裂缝宽度超限", en: "Crack too wide" },
    source: {
      zh: "可编辑默认值：0.25 mm 见于某市生命线中心的现行做法，0.35/0.5 mm 为默认分级；请按构件和环境类别修改",
      en: "Editable default: 0.25 mm is in use at one city's lifeline centre, 0.35/0.5 mm are steps of ours; set them to member and exposure",
    },
  },
  {
    id: "deflection-large",
    version: 1,
    indicator: "deflection",
    direction: "above",
    levels: [
      { severity: 3, limit: 40 },
      { severity: 2, limit: 60 },
      { severity: 1, limit: 80 },
    ],
    hold_ms: minute_ms,
    deadband: 3,
    title: { zh: "挠度超限", en: "Deflection too large" },
    source: own_design,
  },
  {
    id: "strain-large",
    version: 1,
    indicator: "strain",
    direction: "above",
    levels: [
      { severity: 3, limit: 300 },
      { severity: 2, limit: 450 },
      { severity: 1, limit: 600 },
    ],
    hold_ms: minute_ms,
    deadband: 20,
    title: { zh: "应变超限", en: "Strain too large" },
    source: own_design,
  },
  {
    id: "tilt-large",
    version: 1,
    indicator: "tilt",
    direction: "above",
    levels: [
      { severity: 3, limit: 0.3 },
      { severity: 2, limit: 0.6 },
      { severity: 1, limit: 1 },
    ],
    hold_ms: 5 * minute_ms,
    deadband: 0.05,
    title: { zh: "墩柱或主梁倾斜", en: "Pier or deck leans" },
    source: {
      zh: "可编辑默认值，非标准规定：相对安装时的倾角，持续 5 分钟；独柱墩请从严",
      en: "Editable default, set by no standard: against the tilt at installation, for five minutes; be stricter with single-column piers",
    },
  },
  {
    id: "wind-strong",
    version: 1,
    indicator: "wind_speed",
    direction: "above",
    levels: [
      { severity: 4, limit: 17.2 },
      { severity: 3, limit: 20.8 },
      { severity: 2, limit: 24.5 },
    ],
    hold_ms: 2 * minute_ms,
    deadband: 2,
    title: { zh: "桥面大风", en: "Strong wind on the deck" },
    source: {
      zh: "可编辑默认值：蒲福风级 8、9、10 级下限 17.2/20.8/24.5 m/s，持续 2 分钟；限行封桥请按本桥规定修改",
      en: "Editable default: the lower ends of Beaufort 8, 9 and 10 (17.2/20.8/24.5 m/s) for two minutes; set them to this bridge's rule for closing",
    },
  },
]
