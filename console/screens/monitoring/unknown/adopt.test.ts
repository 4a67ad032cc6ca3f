import { expect, test } from "vitest"
import type { Indicator } from "../../../../lifelines/contract.ts"
import type { UnknownRow } from "../../../../stages/monitoring/adoption/views.ts"
import { bodyOf, guessedInterval, lacking, proposed } from "./adopt.ts"

const indicators = [
  { id: "pressure_m", name: { zh: "压力", en: "Pressure" }, unit: "m" },
  { id: "flow_m3h", name: { zh: "流量", en: "Flow" }, unit: "m3/h" },
] as Indicator[]
const row = (says: [string, string | null][], count = 3): UnknownRow => ({
  device: "P-9",
  client: "gw",
  door: "mqtt",
  first_seen: 0,
  last_seen: 600_000,
  registered: false,
  indicators: says.map(([indicator, unit]) => ({ indicator, unit, count, last_time: 0, last_value: 1 })),
})

test("words that name an indicator are proposed for it, others are left out", () => {
  expect(
    proposed(
      row([
        ["Pressure", "MPa"],
        ["flow", null],
        ["battery", null],
      ]),
      indicators,
    ),
  ).toEqual([
    { from: "Pressure", to: "pressure_m", unit: "MPa" },
    { from: "flow", to: "flow_m3h", unit: "m3/h" },
    { from: "battery", to: "", unit: "" },
  ])
})

test("it says what is lacking, and sends only what is taken", () => {
  const mappings = proposed(
    row([
      ["pressure", null],
      ["battery", null],
    ]),
    indicators,
  )
  expect(lacking(mappings, "")).toBe("lifeline")
  expect(lacking([], "water")).toBe("none")
  expect(lacking([...mappings, { from: "p2", to: "pressure_m", unit: "" }], "water")).toBe("twice")
  expect(lacking(mappings, "water")).toBe(null)
  expect(bodyOf({ lifeline: "water", kind: "", name: "", interval_s: 300, asset_id: null }, mappings)).toEqual({
    lifeline: "water",
    interval_s: 300,
    indicators: [{ from: "pressure", to: "pressure_m", unit: "m" }],
  })
})

test("the interval is guessed from what came", () => {
  expect(guessedInterval(row([["a", null]], 3))).toBe(300)
  expect(guessedInterval(row([["a", null]], 11))).toBe(60)
  expect(guessedInterval(row([["a", null]], 1))).toBe(60)
})
