import { expect, it } from "vitest"
import type { Lifeline } from "../../../lifelines/contract.ts"
import { survey_line_attributes, survey_point_attributes } from "../../../model/index.ts"
import type { Cell, Table } from "../../../platform/tables/index.ts"
import { readSurvey, type SurveyAsset, surveyAssets } from "./index.ts"

const table = (name: string, rows: Cell[][], more: Partial<Table> = {}): Table => ({
  file: `${name}.xlsx`,
  name,
  format: "xlsx",
  columns: null,
  cells: Array.from({ length: Math.max(...rows.map((row) => row.length)) }, (_, k) =>
    rows.map((row) => row[k] ?? null),
  ),
  rows: Uint32Array.from(rows, (_, i) => i + 1),
  geometry: null,
  crs: null,
  problems: [],
  ...more,
})

it.each<[string, Cell[][], number]>([
  [
    "delivery names",
    [
      ["Prj_No", "Exp_No", "X", "Y", "High"],
      ["a", "JS1", 3520000.5, 500000.5, 20.1],
    ],
    1,
  ],
  [
    "a title, a blank row and units",
    [
      ["给水管线点成果表", null, null],
      [null],
      ["物探点号", "X坐标", "Y坐标", "地面高程"],
      [null, "(m)", "(m)", "（m）"],
      ["JS1", "3,520,000.5", "５０００００．５", "20.1m"],
    ],
    3,
  ],
  [
    "two rows merged",
    [
      ["点号", "坐标(m)", null, "高程"],
      [null, "X", "Y", "地面"],
      ["JS1", 3520000.5, 500000.5, 20.1],
    ],
    1,
  ],
  [
    "column numbers under it",
    [
      ["管线点号", "纵坐标", "横坐标", "地面高程"],
      [1, 2, 3, 4],
      ["JS1", "3520000.5", "500000.5", "20.1"],
      [null],
      [" "],
    ],
    1,
  ],
  [
    "units in names and line breaks",
    [
      ["管线点\n编号", "X （m）", "Y（ｍ）", "地面高程\n(m)"],
      ["JS1", 3520000.5, 500000.5, 20.1],
    ],
    1,
  ],
])("finds the header under %s", (_, rows, header_row) => {
  const { survey, issues, others } = readSurvey([table("JSPOINT", rows)])
  expect([issues, others]).toEqual([[], []])
  expect(survey.tables).toMatchObject([{ kind: "point", class_code: "JS", header_row, rows: 1 }])
  expect(survey.points.text.exp_no).toEqual(["JS1"])
  expect([...survey.points.number.x!, ...survey.points.number.y!, ...survey.points.number.ground_m!]).toEqual([
    3520000.5, 500000.5, 20.1,
  ])
  expect(survey.points.row[0]).toBe(rows.findIndex((row) => row.includes("JS1")) + 1)
})

it.each([
  [["起点点号", "终点点号", "起点埋深", "终点埋深", "起点管顶高程", "终点管顶高程", "材质", "管径"]],
  [["S_Point", "E_Point", "S_Deep", "E_Deep", "S_High", "E_High", "Material", "D_S"]],
  [["Start_Point", "End_Point", "Start_Depth", "End_Depth", "Start_High", "End_High", "Material", "PSize"]],
  [["起始点号", "终止点号", "起始埋深(m)", "终止埋深(m)", "起始高程", "终止高程", "管线材质", "断面尺寸(mm)"]],
  [["管线点号", "连接点号", "起点埋深", "终点埋深", "起点管底高程", "终点管底高程", "材料", "规格"]],
])("knows the columns of a line table by %j", (header) => {
  const { survey } = readSurvey([table("线表", [header, ["JS1", "JS2", "1.20", "1.3", 18, 17.9, "PE", "DN200"]])])
  expect(survey.tables[0]!.columns.map(({ field }) => field)).toEqual([
    "from_no",
    "to_no",
    "from_depth_m",
    "to_depth_m",
    "from_elevation_m",
    "to_elevation_m",
    "material",
    "section",
  ])
  expect(survey.lines.class_code).toEqual(["JS"])
})

it("knows names that a DBF cut to ten bytes, by halves of characters too", () => {
  const columns = ["起点点号", "终点点号", "起点管顶高", "终点管底高", "FlowDirect", "道路名\ufffd"]
  const { survey } = readSurvey([table("JSLINE", [["JS1", "JS2", 1, 2, "1", "长江路"]], { columns, format: "shp" })])
  expect(survey.tables[0]!.columns.map(({ field }) => field)).toEqual([
    "from_no",
    "to_no",
    "from_elevation_m",
    "to_elevation_m",
    "flow_direction",
    "road",
  ])
})

it("takes coordinates from a file's geometry, north first", () => {
  const shapes = table("RQPOINT", [["RQ1"]], {
    columns: ["Exp_No"],
    format: "shp",
    geometry: [{ type: "Point", coordinates: [500_000, 3_520_000] }],
  })
  const { survey } = readSurvey([shapes])
  expect([survey.north_m[0], survey.east_m[0]]).toEqual([3_520_000, 500_000])
})

it("hands back tables that are none of a survey, with the reason, and uses the code table", () => {
  const { survey, others } = readSurvey([
    table("说明", [
      ["本次普查", "说明"],
      ["a", "b"],
    ]),
    table("编码表", [
      ["编码", "名称"],
      ["7", "阀门"],
    ]),
  ])
  expect(others.map(({ name }) => name)).toEqual(["说明", "编码表"])
  expect([
    survey.codes.own,
    survey.codes.name("7"),
    survey.codes.of("JS", "阀门"),
    survey.codes.name("52012108"),
  ]).toEqual([true, "阀门", ["7"], "三通"])
})

const points = (rows: Cell[][]) => [["Exp_No", "X", "Y", "High", "Feature"], ...rows]
const lines = (rows: Cell[][]) => [
  ["S_Point", "E_Point", "S_Deep", "E_Deep", "S_High", "E_High", "Material", "D_S", "BDate"],
  ...rows,
]

it("replaces rows of earlier uploads by key and applies corrections", () => {
  const first = [
    table(
      "JSPOINT",
      points([
        ["JS1", 100.5, 200.5, 20, "直线点"],
        ["JS2", 130.5, 200.5, 20, "直线点"],
        ["JS3", 1, 2, 3, "直线点"],
      ]),
    ),
    table("JSLINE", lines([["JS1", "JS2", 1, 1, 19, 19, "PE", "DN100", "2019年5月"]])),
  ]
  const again = [
    table("JSPOINT", points([["JS2", 140.5, 200.5, 21, "弯头"]]), { file: "again.xlsx" }),
    table("JSLINE", lines([["JS2", "JS1", 2, 2, 18, 18, "PE", "DN150", ""]]), { file: "again.xlsx" }),
  ]
  const corrections = [
    { file: "JSPOINT.xlsx", name: "JSPOINT", row: 2, field: "x", value: "101.5" },
    { file: "JSPOINT.xlsx", name: "JSPOINT", row: 4, field: "$delete", value: "" },
  ]
  const { survey } = readSurvey([...first, ...again], { upload: new Map([["again.xlsx", 1]]), corrections })
  expect(survey.points.text.exp_no).toEqual(["JS1", "JS2"])
  expect([...survey.points.number.x!]).toEqual([101.5, 140.5])
  expect(survey.lines.text.section).toEqual(["DN150"])
  expect([survey.from[0], survey.to[0]]).toEqual([1, 0])
})

it("makes assets of the lifelines that declare the classes, and says what is left", () => {
  const kind = (name: string, geometry: "point" | "line") => ({
    kind: name,
    name: { zh: name, en: name },
    geometry,
    symbol: name,
    attributes: [
      ...(geometry === "line" ? survey_line_attributes : survey_point_attributes),
      { id: "installed_year", name: { zh: "年", en: "Year" }, type: "integer" as const },
    ],
  })
  const lifeline = {
    id: "one",
    assets: [kind("pipe", "line"), kind("node", "point"), kind("valve", "point")],
    survey: {
      classes: ["JS"],
      gravity: false,
      line_kind: "pipe",
      point_kind: "node",
      points: [{ word: "阀", kind: "valve" }],
      materials: { QM: "DI" },
    },
  } as unknown as Lifeline
  const { survey } = readSurvey([
    table(
      "JSPOINT",
      points([
        ["JS1", 100, 200, 20, "阀门"],
        ["JS2", 103, 204, 20, "直线点"],
      ]),
    ),
    table(
      "JSLINE",
      lines([
        ["JS1", "JS2", 1, 1, 19, 31, "球墨铸铁", "1200×800", "2019年5月"],
        ["JS1", "JS9", 1, 1, 19, 19, "PE", "DN100", ""],
      ]),
    ),
    table("DLPOINT", points([["DL1", 100, 200, 20, "直线点"]])),
  ])
  const system = {
    toPlane: (x: number, y: number): [number, number] => [x, y],
    toLonLat: (n: number, e: number): [number, number] => [e / 1e5, n / 1e5],
  }
  const made: SurveyAsset[] = []
  const running = surveyAssets(survey, [lifeline], system)
  let step = running.next()
  for (; !step.done; step = running.next()) made.push(step.value)
  expect(made.map(({ kind, code, source_id }) => [kind, code, source_id])).toEqual([
    ["valve", "JS1", "JS:JS1"],
    ["node", "JS2", "JS:JS2"],
    ["pipe", "JS1-JS2", "JS:JS1-JS2"],
  ])
  expect(made[2]!.attributes).toMatchObject({
    length_m: 13,
    width_mm: 1200,
    height_mm: 800,
    material: "DI",
    from_node: "JS1",
    to_node: "JS2",
    built_on: "2019-05",
    installed_year: 2019,
  })
  expect(made[2]!.geometry).toEqual({
    type: "LineString",
    coordinates: [
      [0.002, 0.001],
      [0.00204, 0.00103],
    ],
  })
  expect(step.value).toMatchObject([
    { class_code: "DL", points: 1 },
    { class_code: "JS", lines: 1 },
  ])
})
