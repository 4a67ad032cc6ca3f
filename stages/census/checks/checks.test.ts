import { expect, it } from "vitest"
import type { Cell } from "../../../platform/tables/index.ts"
import { readSurvey } from "../survey/index.ts"
import { checkSurvey, defaultCheckSettings, type RuleId, rule_ids, rules } from "./index.ts"
import { brief, type Delivery, issuesOf, type Sheet, soundDelivery, tableOf } from "./testing.ts"

const row = (sheet: Sheet, key: string): Cell[] =>
  sheet.rows.find((cells) => (sheet.header[0] === "S_Point" ? `${cells[0]}-${cells[1]}` : cells[1]) === key)!
const set = (sheet: Sheet, key: string, column: string, value: Cell) => {
  row(sheet, key)[sheet.header.indexOf(column)] = value
}
const number = (sheet: Sheet, key: string, column: string): number =>
  Number(row(sheet, key)[sheet.header.indexOf(column)])

it("says nothing of a sound delivery", () => {
  expect(issuesOf(soundDelivery())).toEqual([])
})

it("knows every rule in words", () => {
  for (const rule of rule_ids) {
    const { name, says, source } = rules[rule]
    for (const words of [name, says, source]) expect(words.zh.length * words.en.length).toBeGreaterThan(0)
  }
})

/** One fault each, and the one finding that it must give. */
const faults: [rule: RuleId, key: string, plant: (d: Delivery) => void][] = [
  ["required", "JS4-", (d) => set(d.JSLINE, "JS4-JS5", "E_Point", null)],
  ["required", "JS9", (d) => set(d.JSPOINT, "JS9", "X", "")],
  ["numeric", "JS9", (d) => set(d.JSPOINT, "JS9", "High", "20.l9a")],
  ["numeric", "JS8-JS9", (d) => set(d.JSLINE, "JS8-JS9", "S_Deep", "约1.2")],
  ["point-number", "JS9", (d) => set(d.JSPOINT, "JS9", "Map_No", "JS99")],
  ["duplicate-number", "JS4", (d) => d.JSPOINT.rows.push([...row(d.JSPOINT, "JS4")])],
  ["feature-xor-appurtenance", "JS9", (d) => set(d.JSPOINT, "JS9", "Subsid", "阀门")],
  ["feature-xor-appurtenance", "JS9", (d) => set(d.JSPOINT, "JS9", "Feature", "")],
  ["start-is-end", "JS4-JS4", (d) => set(d.JSLINE, "JS4-JS5", "E_Point", "JS4")],
  [
    "duplicate-line",
    "JS5-JS4",
    (d) => d.JSLINE.rows.push(["JS5", "JS4", 1.2, 1.2, 18.85, 18.84, "球墨铸铁", "DN300", ""]),
  ],
  ["depth-max", "JS4-JS5", (d) => set(d.JSLINE, "JS4-JS5", "S_Deep", 112)],
  ["unused-or-missing-point", "JS4-JS555", (d) => set(d.JSLINE, "JS4-JS5", "E_Point", "JS555")],
  [
    "unused-or-missing-point",
    "JS77",
    (d) => d.JSPOINT.rows.push(["JS77", "JS77", 3_520_050.111, 500_100.222, 20, "直线点", ""]),
  ],
  ["ground-height", "JS4-JS5", (d) => set(d.JSLINE, "JS4-JS5", "S_Deep", 2.2)],
  ["ground-height", "JS9", (d) => set(d.JSPOINT, "JS9", "High", 23.5)],
  ["tee-degree", "JS9", (d) => set(d.JSPOINT, "JS9", "Feature", "三通")],
  ["point-consistency", "JS4-JS5", (d) => set(d.JSLINE, "JS4-JS5", "Material", "钢")],
  ["point-consistency", "JS17-JS18", (d) => set(d.JSLINE, "JS17-JS18", "D_S", "DN200")],
  [
    "point-consistency",
    "JS11-JS12",
    (d) => {
      set(d.JSLINE, "JS11-JS12", "S_Deep", 0.8)
      set(d.JSLINE, "JS11-JS12", "S_High", number(d.JSLINE, "JS11-JS12", "S_High") + 0.4)
    },
  ],
  ["uphill", "WS4-WS5", (d) => set(d.WSLINE, "WS4-WS5", "FlowDirect", "反向")],
  ["diameter-shrinks", "WS4-WS5", (d) => set(d.WSLINE, "WS4-WS5", "D_S", "DN200")],
  ["length", "JS17-JS18", (d) => set(d.JSPOINT, "JS18", "X", number(d.JSPOINT, "JS18", "X") + 90)],
  [
    "slope",
    "JS17-JS18",
    (d) => {
      set(d.JSPOINT, "JS18", "X", number(d.JSPOINT, "JS17", "X") + 2)
      set(d.JSLINE, "JS17-JS18", "E_Deep", 3.2)
      set(d.JSLINE, "JS17-JS18", "E_High", number(d.JSLINE, "JS17-JS18", "E_High") - 2)
    },
  ],
  [
    "angle",
    "JS17-JS18",
    (d) => {
      set(d.JSPOINT, "JS18", "X", number(d.JSPOINT, "JS17", "X") - 20)
      set(d.JSPOINT, "JS18", "Y", number(d.JSPOINT, "JS17", "Y") + 3)
    },
  ],
  [
    "zone-mismatch",
    "JS9",
    (d) => {
      const [x, y] = [number(d.JSPOINT, "JS9", "X"), number(d.JSPOINT, "JS9", "Y")]
      set(d.JSPOINT, "JS9", "X", y)
      set(d.JSPOINT, "JS9", "Y", x)
    },
  ],
  ["zone-mismatch", "JS9", (d) => set(d.JSPOINT, "JS9", "Y", number(d.JSPOINT, "JS9", "Y") + 39_000_000)],
  [
    "coordinate-precision",
    "JS9",
    (d) => {
      set(d.JSPOINT, "JS9", "X", Math.round(number(d.JSPOINT, "JS9", "X")))
      set(d.JSPOINT, "JS9", "Y", Math.round(number(d.JSPOINT, "JS9", "Y")))
    },
  ],
  ["duplicate-position", "JS88", (d) => d.JSPOINT.rows.push(["JS88", "JS88", ...row(d.JSPOINT, "JS9").slice(2)])],
  [
    "near-miss",
    "JS8-JS88",
    (d) => {
      d.JSPOINT.rows.push(["JS88", "JS88", number(d.JSPOINT, "JS9", "X") + 0.2, ...row(d.JSPOINT, "JS9").slice(3)])
      set(d.JSLINE, "JS8-JS9", "E_Point", "JS88")
    },
  ],
  [
    "connectivity",
    "JS91",
    (d) => {
      for (const k of [1, 2])
        d.JSPOINT.rows.push([`JS9${k}`, `JS9${k}`, 3_520_300.111, 500_100.222 + 20 * k, 20, "直线点", ""])
      d.JSLINE.rows.push(["JS91", "JS92", 1.2, 1.2, 18.8, 18.8, "钢", "DN100", ""])
    },
  ],
  ["crossing", "JS4-JS95", (d) => overSewer(d, 17.3)],
  ["clearance", "JS4-JS95", (d) => overSewer(d, 17.65)],
]

/** A branch from the new tee JS4 south across the sewer WS3-WS4 (invert 17.13 to 17.15, DN300), its top at `top_m` there. */
function overSewer(d: Delivery, top_m: number): void {
  set(d.JSPOINT, "JS4", "Feature", "三通")
  const start_m = number(d.JSLINE, "JS4-JS5", "S_High")
  const ground_m = number(d.JSPOINT, "JS4", "High")
  const end_m = Number((start_m + (top_m - start_m) * 2).toFixed(3))
  const place = [number(d.JSPOINT, "JS4", "X") - 8, number(d.JSPOINT, "JS4", "Y") - 5]
  d.JSPOINT.rows.push(["JS95", "JS95", ...place, ground_m, "预留口", ""])
  d.JSLINE.rows.push(["JS4", "JS95", 1.2, Number((ground_m - end_m).toFixed(3)), start_m, end_m, "钢", "DN100", ""])
}

it.each(faults)("%s: says %s and nothing else", (rule, key, plant) => {
  const delivery = soundDelivery()
  plant(delivery)
  expect(brief(issuesOf(delivery))).toEqual([`${rule} ${key}`])
})

it("lets go of what a person accepted, and what it explains stays silent", () => {
  const delivery = soundDelivery()
  set(delivery.JSLINE, "JS4-JS5", "Material", "钢")
  const exceptions = [
    { rule: "point-consistency" as const, file: "JSLINE.csv", name: "JSLINE", key: "JS4-JS5", reason: "换管" },
  ]
  expect(issuesOf(delivery, {}, { exceptions })).toEqual([])
  expect(issuesOf(delivery, {}, { exceptions: [{ ...exceptions[0]!, key: "JS5-JS6" }] })).toHaveLength(1)
})

it("finds nothing more once its proposals are taken", () => {
  const delivery = soundDelivery()
  set(delivery.JSLINE, "JS4-JS5", "E_Point", "JS555")
  set(delivery.JSLINE, "JS8-JS9", "S_Deep", 3)
  set(delivery.JSPOINT, "JS11", "X", row(delivery.JSPOINT, "JS11")[3]!)
  set(delivery.JSPOINT, "JS11", "Y", 3_520_000.123)
  delivery.JSLINE.rows.push(["JS2", "JS1", 1.2, 1.2, 18.82, 18.81, "球墨铸铁", "DN300", ""])
  const tables = Object.values(delivery).map((sheet) => tableOf(sheet))
  const first = checkSurvey(readSurvey(tables).survey, defaultCheckSettings)
  expect(brief(first).sort()).toEqual([
    "duplicate-line JS2-JS1",
    "ground-height JS8-JS9",
    "unused-or-missing-point JS4-JS555",
    "zone-mismatch JS11",
  ])
  const corrections = first.map(({ file, table_name, row, fix }) => ({
    file,
    name: table_name,
    row,
    field: fix!.field,
    value: fix!.value,
  }))
  expect(checkSurvey(readSurvey(tables, { corrections }).survey, defaultCheckSettings)).toEqual([])
})

it("holds codes against the delivery's own table before the built-in one", () => {
  const delivery = soundDelivery()
  delivery.JSPOINT.header.push("Code")
  for (const cells of delivery.JSPOINT.rows)
    cells.push(cells[5] === "三通" ? "3" : cells[6] === "阀门" ? "8" : cells[5] === "预留口" ? "9" : "2")
  const own: Sheet = {
    name: "编码表",
    header: ["编码", "名称"],
    rows: [
      ["2", "直线点"],
      ["3", "三通"],
      ["8", "阀门"],
      ["9", "预留口"],
    ],
  }
  expect(issuesOf({ ...delivery, own })).toEqual([])
  set(delivery.JSPOINT, "JS9", "Code", "8")
  const [issue, ...more] = issuesOf({ ...delivery, own })
  expect(more).toEqual([])
  expect(issue).toMatchObject({ rule: "code-name", key: "JS9", fix: { field: "code", value: "2" } })
})

it("says a doubled or missing name in a header once, at the header's row", () => {
  const delivery = soundDelivery()
  delivery.JSPOINT.header.push("High")
  for (const cells of delivery.JSPOINT.rows) cells.push(1)
  expect(issuesOf(delivery)).toMatchObject([{ rule: "header", row: 1, value: "High" }])
})

it("knows points outside the district's ring, and a ring of another place", () => {
  const [x, y] = [3_520_000, 500_000]
  const ring = (east: number): [number, number][] => [
    [x - 50, y],
    [x + 400, y],
    [x + 400, y + east],
    [x - 50, y + east],
  ]
  expect(issuesOf(soundDelivery(), { district: ring(500) })).toEqual([])
  const found = issuesOf(soundDelivery(), { district: ring(345) })
  expect(brief(found).sort()).toEqual(["outside-district JS12", "outside-district WS12"])
})

it("grows no worse than n·log n: prints rows and seconds", () => {
  const make = (copies: number) => {
    const sheets = soundDelivery()
    const big: Record<string, Sheet> = {}
    for (const [name, sheet] of Object.entries(sheets)) {
      const line = sheet.header[0] === "S_Point"
      const rows = Array.from({ length: copies }, (_, k) =>
        sheet.rows.map((cells) =>
          cells.map((cell, i) =>
            i < 2
              ? `${cell}_${k}`
              : !line && i === 2
                ? Number(cell) + (k % 100) * 400
                : !line && i === 3
                  ? Number(cell) + Math.floor(k / 100) * 500
                  : cell,
          ),
        ),
      ).flat()
      big[name] = { ...sheet, rows }
    }
    return big
  }
  for (const copies of [200, 2000]) {
    const delivery = make(copies)
    const rows = Object.values(delivery).reduce((sum, sheet) => sum + sheet.rows.length, 0)
    const start = performance.now()
    expect(issuesOf(delivery)).toEqual([])
    console.log(`${rows} rows read and checked in ${((performance.now() - start) / 1000).toFixed(2)} s`)
  }
})
