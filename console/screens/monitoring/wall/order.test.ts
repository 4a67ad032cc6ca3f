import { expect, test } from "vitest"
import type { PointRow } from "../../../api.ts"
import { ordered, type SparkFacts, visibleCells } from "./order.ts"

const facts = (id: number, name: string, more: Partial<SparkFacts> = {}): SparkFacts => ({
  row: { id, device_name: name, device_code: name, indicator: "x" } as PointRow,
  change: 0,
  scale: 1,
  level: null,
  stale: false,
  ...more,
})
const ids = (list: SparkFacts[]) => list.map((f) => f.row.id)

test("alarms come first, the worst in front, then what fell silent, then by name", () => {
  const list = [
    facts(1, "b"),
    facts(2, "a"),
    facts(3, "z", { stale: true }),
    facts(4, "y", { level: 3 }),
    facts(5, "x", { level: 1 }),
  ]
  expect(ids(ordered(list, "alarm"))).toEqual([5, 4, 3, 2, 1])
})

test("changes are weighed by the range of their indicator; no values come last", () => {
  const list = [
    facts(1, "a", { change: -5, scale: 100 }),
    facts(2, "b", { change: 0.5, scale: 1 }),
    facts(3, "c", { change: null }),
    facts(4, "d", { change: 0 }),
  ]
  expect(ids(ordered(list, "change"))).toEqual([2, 1, 4, 3])
  expect(ids(ordered(list, "name"))).toEqual([1, 2, 3, 4])
})

test("only the cells in sight are drawn, with rows to spare", () => {
  expect(visibleCells(200, 6, 100, 0, 700)).toEqual({ first: 0, last: 54, rows: 34 })
  expect(visibleCells(200, 6, 100, 3000, 700)).toEqual({ first: 168, last: 200, rows: 34 })
  expect(visibleCells(3, 6, 100, 0, 700)).toEqual({ first: 0, last: 3, rows: 1 })
})
