/**
 * The lifeline of the comparison with VictoriaMetrics: four kinds of slow points, each with one threshold that does not
 * wait, as the rules of vmalert beside it do not. A city loads it by the setting lifelines_extra.
 */
import type { Lifeline, Playbook } from "../../lifelines/contract.ts"

const minute_ms = 60_000
/** Every kind has this limit: the invented values stay below it unless an alarm is wanted. */
export const limit = 90

const kinds = [
  { id: "peer_pressure", dimension: "pressure", unit: "m", zh: "压力", en: "Pressure" },
  { id: "peer_flow", dimension: "flow", unit: "m3/h", zh: "流量", en: "Flow" },
  { id: "peer_level", dimension: "level", unit: "m", zh: "水位", en: "Level" },
  { id: "peer_temperature", dimension: "temperature", unit: "degC", zh: "温度", en: "Temperature" },
] as const

const playbook = (on: Playbook["on"]): Playbook => ({
  on,
  steps: [{ zh: "到现场核实", en: "Go and see" }],
  accept_ms: 5 * minute_ms,
  arrive_ms: 30 * minute_ms,
  handle_ms: 60 * minute_ms,
  report_ms: 60 * minute_ms,
})

const lifeline: Lifeline = {
  contract: 1,
  id: "peer",
  name: { zh: "对照测量", en: "Side by side" },
  class_code: "QT",
  symbol: "other",
  maturity: "sketch",
  assets: [],
  indicators: kinds.map(({ id, dimension, unit, zh, en }) => ({
    id,
    name: { zh, en },
    dimension,
    unit,
    min: -1_000_000,
    max: 1_000_000,
    decimals: 2,
  })),
  thresholds: kinds.map(({ id, zh, en }) => ({
    id: `${id.replace("_", "-")}-high`,
    version: 1,
    indicator: id,
    direction: "above",
    levels: [{ severity: 3, limit }],
    hold_ms: 0,
    deadband: 1,
    title: { zh: `${zh}过高`, en: `${en} too high` },
    source: { zh: "只用于测量", en: "For measurements only" },
  })),
  detectors: [],
  risks: [],
  playbooks: [playbook(1), playbook(2), playbook(3), playbook(4)],
}
export default lifeline
