/** A lifeline to begin from: copy it with `npm run new lifeline NAME`, then say what your city has and measures. */
import type { Lifeline, Playbook } from "../contract.ts"

const minute_ms = 60_000
const see = { zh: "到现场核实，处置并复测", en: "Go and see, put it right, measure again" }
const playbook = (on: Playbook["on"], minutes: number): Playbook => {
  const [accept_ms, arrive_ms] = [minutes * minute_ms, 3 * minutes * minute_ms]
  return { on, steps: [see], accept_ms, arrive_ms, handle_ms: 2 * arrive_ms, report_ms: 2 * arrive_ms }
}

const lifeline: Lifeline = {
  contract: 1,
  id: "template",
  name: { zh: "模板", en: "Template" },
  class_code: "QT",
  symbol: "other",
  maturity: "sketch",
  assets: [
    {
      kind: "template_station",
      name: { zh: "站点", en: "Station" },
      geometry: "point",
      symbol: "station",
      attributes: [
        { id: "installed_year", name: { zh: "建成年份", en: "Year built" }, type: "integer", min: 1850, max: 2100 },
      ],
    },
  ],
  indicators: [
    {
      id: "template_temperature_degc",
      name: { zh: "温度", en: "Temperature" },
      dimension: "temperature",
      unit: "degC",
      min: -50,
      max: 150,
      decimals: 1,
    },
  ],
  thresholds: [
    {
      id: "template-too-hot",
      version: 1,
      indicator: "template_temperature_degc",
      direction: "above",
      levels: [
        { severity: 3, limit: 40 },
        { severity: 2, limit: 60 },
      ],
      hold_ms: minute_ms,
      deadband: 2,
      title: { zh: "温度过高", en: "Too hot" },
      source: { zh: "可编辑默认值", en: "Editable default" },
    },
  ],
  detectors: [],
  risks: [],
  playbooks: [playbook(1, 5), playbook(2, 10), playbook(3, 30), playbook(4, 60)],
}
export default lifeline
