import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import ExcelJS from "exceljs"
import { beforeAll, describe, expect, it } from "vitest"
import type { Lifeline } from "../../../lifelines/contract.ts"
import { loadLifelines } from "../../../platform/lifelines/index.ts"
import { readTables, type Table } from "../../../platform/tables/index.ts"
import { coordinateSystem } from "../../../science/index.ts"
import { type ColumnChoice, type Correction, readSurvey } from "../survey/index.ts"
import { placeSheets, readSheets, sheetProducer, takeSheets } from "./index.ts"
import { kindsOf } from "./kinds.ts"
import { sheetTemplate, surveyTemplate } from "./template.ts"
import { tableOf } from "./testing.ts"

let lifelines: Lifeline[]
beforeAll(async () => {
  lifelines = await loadLifelines([])
})

function read(
  tables: Table[],
  more: { choices?: ColumnChoice[]; corrections?: Correction[]; upload?: ReadonlyMap<string, number> } = {},
) {
  const { taken, rest } = takeSheets(tables, lifelines, more.choices ?? [])
  const sheets = placeSheets(
    readSheets(taken, { base: 0, corrections: more.corrections ?? [], upload: more.upload ?? 0 }),
    null,
  )
  const good = { isGood: () => true }
  const assets = [...sheetProducer({ sheets, choice: null, accuracy: null, good }).assets()]
  const says = sheets.issues.map(({ rule, row, field }) => [rule, row, field] as const)
  return { sheets, rest, assets, says }
}

describe("a sheet of a kind", () => {
  const header = [
    "编号",
    "桥名",
    "权属单位",
    "所在道路",
    "跨越",
    "全长(m)",
    "最大跨径（mm）",
    "跨数",
    "技术状况",
    "附挂管线",
    "WKT",
    "检查人",
  ]
  const row = [
    "Q1",
    "南淝河桥",
    "市政处",
    "长江路",
    "河道",
    "120.5",
    "30000",
    "4",
    "B 级 良好",
    "是",
    "LINESTRING(117.2 31.8, 117.201 31.8)",
    "王",
  ]

  it("becomes assets by names in either language, units in brackets, choices by their names", () => {
    const { assets, says } = read([tableOf("桥梁", null, [["合肥市桥梁信息表"], header, row])])
    expect(says).toEqual([])
    expect(assets).toHaveLength(1)
    const [bridge] = assets
    expect(bridge).toMatchObject({
      lifeline: "bridge",
      kind: "bridge",
      source_id: "bridge:Q1",
      code: "Q1",
      name: "南淝河桥",
      geometry: {
        type: "LineString",
        coordinates: [
          [117.2, 31.8],
          [117.201, 31.8],
        ],
      },
      attributes: {
        road: "长江路",
        crosses: "river",
        length_m: 120.5,
        span_max_m: 30,
        spans: 4,
        condition: "B",
        carries_pipes: true,
        owner: "市政处",
      },
      held: false,
    })
    expect(bridge!.original).toMatchObject({ table: "桥梁", row: 3, cells: { 检查人: "王" } })
  })

  it("says what is wrong, where, and what would put it right", () => {
    const bad = ["Q2", "", "", "", "运河", "12O", "6000000000", "4.5", "F", "也许", "POINT(117 31)", ""]
    const { sheets, says } = read([tableOf("桥梁", header, [row, bad, ["Q1", ...row.slice(1)], ["", ...row.slice(1)]])])
    expect(new Set(says)).toEqual(
      new Set([
        ["choice", 2, "crosses"],
        ["numeric", 2, "length_m"],
        ["range", 2, "span_max_m"],
        ["numeric", 2, "spans"],
        ["choice", 2, "condition"],
        ["choice", 2, "carries_pipes"],
        ["geometry", 2, "geometry"],
        ["duplicate-number", 3, "code"],
        ["required", 4, "code"],
      ]),
    )
    expect(sheets.issues.find(({ field }) => field === "length_m")!.fix).toMatchObject({ value: "120" })
    expect(sheets.issues.find(({ field }) => field === "crosses")!.fix).toMatchObject({ value: "other" })
  })

  it("takes corrections and lets later uploads replace rows of the same code", () => {
    const first = tableOf("桥梁", header, [row], { file: "a.xlsx" })
    const later = tableOf("桥梁", header, [[...row.slice(0, 7), "5x", ...row.slice(8)]], { file: "b.xlsx" })
    const { assets, says } = read([first, later], {
      upload: new Map([
        ["a.xlsx", 0],
        ["b.xlsx", 1],
      ]),
      corrections: [{ file: "b.xlsx", name: "桥梁", row: 1, field: "spans", value: "5" }],
    })
    expect(says).toEqual([])
    expect(assets.map(({ attributes }) => attributes.spans)).toEqual([5])
  })

  it("refuses a unit that measures something else", () => {
    const { says } = read([tableOf("桥梁", ["编号", "全长(kPa)", "WKT"], [["1", "3", "LINESTRING(117 31, 117.1 31)"]])])
    expect(says).toEqual([["header", 0, "length_m"]])
  })
})

it("tells kinds apart row by row by a column of kinds, and says kinds that nobody declares", () => {
  const { assets, says } = read([
    tableOf(
      "设施",
      ["种类", "编号", "经度", "纬度"],
      [
        ["学校", "S1", 117.2, 31.8],
        ["hospital", "H1", 117.3, 31.9],
        ["飞船", "X", 117.3, 31.9],
      ],
    ),
  ])
  expect(assets.map(({ kind, code }) => [kind, code])).toEqual([
    ["school", "S1"],
    ["hospital", "H1"],
  ])
  expect(says).toEqual([["kind", 3, "kind"]])
})

it("leaves tables of surveys to the survey, and takes what a person says is a sheet", () => {
  const points = tableOf("JSPOINT", ["物探点号", "X", "Y", "地面高程"], [["JS1", 3520000, 500000, 12]])
  const layer = tableOf("layer_7", ["nr", "art"], [["7", "x"]], {
    format: "geojson",
    crs: { epsg: 4326 },
    geometry: [{ type: "Point", coordinates: [117.2, 31.8] }],
  })
  expect(read([points, layer]).rest).toEqual([points, layer])
  const { assets, rest } = read([points, layer], {
    choices: [
      { kind: "table", column: "layer_7", field: "gas_valve" },
      { kind: "sheet:gas_valve", column: "nr", field: "code" },
    ],
  })
  expect(rest).toEqual([points])
  expect(assets.map(({ kind, code }) => [kind, code])).toEqual([["gas_valve", "7"]])
})

it("names the ends of lines by the places where they meet, within a centimetre", () => {
  const line = (a: number[], b: number[]) => ({ type: "LineString" as const, coordinates: [a, b] })
  // 0.00000005° of latitude is 5.6 mm, 0.0000005° is 5.6 cm.
  const table = tableOf(
    "pipe",
    ["code", "diameter_mm"],
    [
      ["1", 100],
      ["2", 100],
      ["3", 100],
    ],
    {
      format: "geojson",
      crs: { epsg: 4326 },
      geometry: [
        line([117.2, 31.8], [117.201, 31.8]),
        line([117.201, 31.80000005], [117.202, 31.8]),
        line([117.202, 31.8000005], [117.203, 31.8]),
      ],
    },
  )
  const points = tableOf("junction", ["code"], [["J1"]], {
    format: "geojson",
    crs: { epsg: 4326 },
    geometry: [{ type: "Point", coordinates: [117.2, 31.8] }],
  })
  const { assets, says } = read([table, points])
  expect(says).toEqual([])
  const pipes = assets.filter(({ kind }) => kind === "pipe")
  const ends = pipes.map(({ attributes }) => [attributes.from_node, attributes.to_node])
  expect(ends[0]![0]).toBe("J1")
  expect(ends[0]![1]).toBe(ends[1]![0])
  expect(ends[1]![1]).not.toBe(ends[2]![0])
  const nodes = assets.filter(({ kind }) => kind === "junction").map(({ code }) => code)
  expect(nodes).toHaveLength(5)
  expect(new Set(nodes)).toEqual(new Set(ends.flat()))
  expect(pipes[0]!.attributes.length_m).toBeCloseTo(94.5, 0)
})

it("lays lines without geometry between the points that they name", () => {
  const pipes = tableOf(
    "燃气管",
    ["编号", "管径(mm)", "起点", "终点"],
    [
      ["P1", "DN110", "A", "B"],
      ["P2", "110", "A", "C"],
    ],
  )
  const nodes = tableOf(
    "燃气管点",
    ["编号", "经度", "纬度"],
    [
      ["A", 117.2, 31.8],
      ["B", 117.3, 31.8],
    ],
  )
  const { assets, says } = read([pipes, nodes])
  expect(says).toEqual([["geometry", 2, "geometry"]])
  expect(assets.find(({ code }) => code === "P1")).toMatchObject({
    geometry: {
      type: "LineString",
      coordinates: [
        [117.2, 31.8],
        [117.3, 31.8],
      ],
    },
    attributes: { diameter_mm: 110, from_node: "A", to_node: "B" },
  })
})

describe("a template", () => {
  const at: [number, number] = [117.2, 31.8]
  const readBytes = async (bytes: Buffer, name: string) => {
    const folder = mkdtempSync(join(tmpdir(), "mingmai-template-test-"))
    try {
      writeFileSync(join(folder, name), bytes)
      const tables: Table[] = []
      for await (const table of readTables(join(folder, name), name)) tables.push(table)
      return tables
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  it("of every kind is read back as a sheet of the kind, its example without a fault and left out", async () => {
    const kinds = kindsOf(lifelines)
    expect(kinds.all.length).toBeGreaterThan(30)
    for (const known of kinds.all)
      for (const [format, language] of [
        ["xlsx", "zh"],
        ["xlsx", "en"],
        ["gpkg", "zh"],
      ] as const) {
        const tables = await readBytes(await sheetTemplate(known, format, language, at), `form.${format}`)
        const blank = read(tables)
        const says = `${known.kind.kind} ${format} ${language}`
        expect([blank.assets, blank.sheets.issues], says).toEqual([[], []])
        expect(
          blank.sheets.sheets.map(({ kind_id }) => kind_id),
          says,
        ).toEqual([known.kind.kind])
        // The same with the example filled in as a row of its own.
        for (const table of tables)
          for (const column of table.cells)
            for (const [i, cell] of column.entries()) if (/^(示例|EXAMPLE)/.test(String(cell))) column[i] = "A1"
        const filled = read(tables)
        expect(
          filled.sheets.issues.map(({ rule, field, value }) => [rule, field, value]),
          says,
        ).toEqual([])
        const mine = filled.assets.filter(({ kind }) => kind === known.kind.kind)
        expect(mine, says).toHaveLength(1)
      }
  }, 120_000)

  it("has lists for choices, says what is required, and the geometry of its layer", async () => {
    const known = kindsOf(lifelines).byId("bridge")!
    const book = new ExcelJS.Workbook()
    await book.xlsx.load((await sheetTemplate(known, "xlsx", "zh", at)) as never)
    expect(book.worksheets.map(({ name, state }) => [name, state])).toEqual([
      ["桥梁", "visible"],
      ["填写说明", "visible"],
      ["选项", "veryHidden"],
    ])
    const sheet = book.worksheets[0]!
    const ids = (sheet.getRow(2).values as string[]).slice(1)
    const letter = sheet.getColumn(ids.indexOf("crosses") + 1).letter
    expect(sheet.getCell(`${letter}5`).dataValidation).toMatchObject({ type: "list" })
    expect(String(sheet.getCell("A1").value)).toBe("编号*")
    const file = join(mkdtempSync(join(tmpdir(), "mingmai-template-test-")), "b.gpkg")
    writeFileSync(file, await sheetTemplate(known, "gpkg", "zh", at))
    const database = new DatabaseSync(file)
    expect(database.prepare("select table_name, geometry_type_name from gpkg_geometry_columns").all()).toMatchObject([
      { table_name: "bridge", geometry_type_name: "LINESTRING" },
    ])
    database.close()
    rmSync(dirname(file), { recursive: true })
  })

  it("of a survey is read back as its point and line tables without a fault of the header", async () => {
    for (const [format, language] of [
      ["xlsx", "zh"],
      ["xlsx", "en"],
      ["gpkg", "zh"],
    ] as const) {
      const tables = await readBytes(await surveyTemplate("JS", format, language), `form.${format}`)
      const { rest } = read(tables)
      const { survey, issues } = readSurvey(rest)
      expect(issues.map(({ words }) => words.en)).toEqual([])
      expect(survey.tables.map(({ name, kind, class_code }) => [name, kind, class_code])).toEqual(
        expect.arrayContaining([
          ["JSPOINT", "point", "JS"],
          ["JSLINE", "line", "JS"],
        ]),
      )
      expect(survey.tables).toHaveLength(2)
      for (const table of survey.tables)
        expect(
          table.columns.filter(({ field, column }) => field === null && column !== "fid").map(({ column }) => column),
        ).toEqual([])
    }
  })
})

const data = process.env.LIFELINE_TEST_DATA ?? ""
const there = existsSync(join(data, "geodata"))
if (!there) console.warn("LIFELINE_TEST_DATA is not set: layers of real cities are not read")
describe.skipIf(!there)("layers of real cities", () => {
  const tablesOf = async (path: string) => {
    const tables: Table[] = []
    for await (const table of readTables(join(data, path), path)) tables.push(table)
    return tables
  }

  it("brings Vancouver's water mains in through a mapping", async () => {
    const file = "geodata/vancouver_water_mains_5000_with_model_risk.geojson.gz"
    const { assets, sheets } = read(await tablesOf(file), {
      choices: [
        { kind: "table", column: "vancouver_water_mains_5000_with_model_risk", field: "pipe" },
        { kind: "sheet:pipe", column: "pipe_id", field: "code" },
        { kind: "sheet:pipe", column: "installation_year", field: "installed_year" },
        { kind: "sheet:pipe", column: "leak_count_that_year", field: "breaks" },
      ],
    })
    const pipes = assets.filter(({ kind }) => kind === "pipe")
    const counts = sheets.issues.reduce<Record<string, number>>((n, { rule, field }) => {
      n[`${rule} ${field}`] = (n[`${rule} ${field}`] ?? 0) + 1
      return n
    }, {})
    console.log("vancouver", pipes.length, assets.length - pipes.length, counts)
    expect(pipes.length).toBeGreaterThan(4900)
    expect(
      pipes.every(({ attributes }) => attributes.from_node && attributes.to_node && Number(attributes.diameter_mm) > 0),
    ).toBe(true)
  })

  it("brings Washington's hospitals in, and says that Kitchener's mains have no place", async () => {
    const hospitals = read(await tablesOf("geodata/dc_hospitals.geojson.gz"), {
      choices: [
        { kind: "table", column: "dc_hospitals", field: "hospital" },
        { kind: "sheet:hospital", column: "GIS_ID", field: "code" },
      ],
    })
    expect(hospitals.says).toEqual([])
    expect(hospitals.assets.length).toBeGreaterThan(10)
    expect(hospitals.assets[0]).toMatchObject({
      kind: "hospital",
      code: "Hosp_013",
      name: "Veterans Affairs Medical Center",
    })
    const mains = read(await tablesOf("kitchener-watermains/Water_Mains_installed_to_2015.csv.gz"), {
      choices: [
        { kind: "table", column: "Water_Mains_installed_to_2015", field: "pipe" },
        { kind: "sheet:pipe", column: "WATMAINID", field: "code" },
        { kind: "sheet:pipe", column: "PIPE_SIZE", field: "diameter_mm" },
        { kind: "sheet:pipe", column: "INSTALLATION_DATE", field: "installed_year" },
        { kind: "sheet:pipe", column: "Shape__Length", field: "length_m" },
      ],
    })
    const counts = mains.sheets.issues.reduce<Record<string, number>>((n, { rule, field }) => {
      n[`${rule} ${field}`] = (n[`${rule} ${field}`] ?? 0) + 1
      return n
    }, {})
    console.log("kitchener", mains.sheets.rows, counts)
    expect(mains.assets).toEqual([])
    expect(counts["geometry geometry"]).toBe(mains.sheets.rows)
  })

  it("takes Washington's substations, drawn as areas, as points, and says that its bridges are no lines", async () => {
    const substations = await tablesOf("geodata/dc_electric-substations.geojson.gz")
    const { assets, says } = read(substations, {
      choices: [
        { kind: "table", column: "dc_electric-substations", field: "substation" },
        { kind: "sheet:substation", column: "ELP_ID", field: "code" },
      ],
    })
    expect(says).toEqual([])
    expect(assets).toHaveLength(substations[0]!.rows.length)
    expect(assets[0]).toMatchObject({ kind: "substation", original: { outline: { type: "Polygon" } } })
    const [lon, lat] = assets[0]!.geometry.coordinates as [number, number]
    expect(lon > -76.9566 && lon < -76.9563 && lat > 38.9005 && lat < 38.9007, `${lon} ${lat}`).toBe(true)
    const bridges = read(await tablesOf("geodata/dc_bridge-polygons-ddot.geojson.gz"), {
      choices: [
        { kind: "table", column: "dc_bridge-polygons-ddot", field: "bridge" },
        { kind: "sheet:bridge", column: "OBJECTID", field: "code" },
      ],
    })
    expect(bridges.assets).toEqual([])
    expect(new Set(bridges.sheets.issues.map(({ rule, value }) => `${rule} ${value}`))).toEqual(
      new Set(["geometry Polygon"]),
    )
  })

  it("brings Micropolis' shapes in once somebody says in which system their numbers are", async () => {
    const tables = (await tablesOf("micropolis/gis")).filter(({ name }) => /^(buildings|hydrants)/.test(name))
    const choices: ColumnChoice[] = [
      { kind: "table", column: "buildings_v1", field: "building" },
      { kind: "table", column: "hydrants_v1", field: "hydrant" },
      { kind: "sheet:building", column: "POP", field: "people" },
    ]
    const { assets, sheets } = read(tables, { choices })
    expect(assets).toEqual([])
    expect(sheets.issues.filter(({ rule }) => rule === "geometry")).toHaveLength(sheets.rows)
    const system = coordinateSystem({ ellipsoid: "wgs84", central_meridian_deg: 117 })
    const survey_system = { toPlane: (x: number, y: number): [number, number] => [x, y], toLonLat: system.toLonLat }
    const placed = placeSheets(readSheets(takeSheets(tables, lifelines, choices).taken, { base: 0 }), survey_system)
    expect(placed.issues.filter(({ rule }) => rule === "geometry")).toEqual([])
    const made = [
      ...sheetProducer({ sheets: placed, choice: null, accuracy: null, good: { isGood: () => true } }).assets(),
    ]
    expect(made).toHaveLength(tables.reduce((n, { rows }) => n + rows.length, 0))
  })
})
