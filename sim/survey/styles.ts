/** How deliveries are written: header words, rows above and below the header, numbers, dates, names of tables. */
import type { Field } from "./tables.ts"

export type Style = {
  names: "field" | "trade" | "long"
  /** Rows above the header, merged across the table in sheets. */
  titles: string[]
  unit_row: boolean
  numbers_as_text: boolean
  full_width: boolean
  blank_rows: number
  dates: ("iso" | "slash" | "cjk" | "compact" | "dot" | "cell")[]
  per_file: boolean
  /** Two letters of tables where they differ from the class. */
  subclasses: Record<string, string>
  prefix: boolean
  material_codes: boolean
  csv: "gbk" | "utf8bom"
  cpg: boolean
}

const plain: Style = {
  names: "field",
  titles: [],
  unit_row: false,
  numbers_as_text: false,
  full_width: false,
  blank_rows: 0,
  dates: ["iso"],
  per_file: false,
  subclasses: {},
  prefix: true,
  material_codes: false,
  csv: "utf8bom",
  cpg: true,
}

/** Styles 0 … 5 of `--style`. */
export const styles: Style[] = [
  plain,
  { ...plain, names: "trade", titles: ["合肥市地下管线普查成果表"], dates: ["cell"], csv: "gbk", cpg: false },
  {
    ...plain,
    names: "trade",
    unit_row: true,
    numbers_as_text: true,
    blank_rows: 30,
    dates: ["slash"],
    prefix: false,
    cpg: false,
  },
  {
    ...plain,
    names: "long",
    titles: ["合肥市地下管线普查成果表", "坐标系统：CGCS2000 三度带  高程基准：1985国家高程基准"],
    full_width: true,
    dates: ["cjk"],
    per_file: true,
    subclasses: { RQ: "TR", DL: "GD" },
    csv: "gbk",
  },
  {
    ...plain,
    names: "long",
    blank_rows: 200,
    dates: ["compact"],
    per_file: true,
    subclasses: { TX: "DX" },
    material_codes: true,
    prefix: false,
    cpg: false,
  },
  {
    ...plain,
    names: "trade",
    titles: ["合肥市地下管线普查成果表"],
    unit_row: true,
    numbers_as_text: true,
    full_width: true,
    blank_rows: 12,
    dates: ["iso", "slash", "cjk", "compact", "dot"],
    csv: "gbk",
    cpg: false,
  },
]

/** Header words by field: short English, the trade's Chinese, other Chinese. At most ten bytes where dBase needs it. */
const words: Record<string, [field: string, trade: string, long: string]> = {
  project_no: ["Prj_No", "工程编号", "项目编号"],
  map_no: ["Map_No", "图上点号", "图上编号"],
  exp_no: ["Exp_No", "物探点号", "管线点编号"],
  x: ["X", "X坐标", "纵坐标X"],
  y: ["Y", "Y坐标", "横坐标Y"],
  ground_m: ["High", "地面高程", "地面标高"],
  code: ["Code", "要素编码", "要素代码"],
  feature: ["Feature", "特征", "特征点"],
  appurtenance: ["Subsid", "附属物", "附属物名称"],
  well_depth_m: ["WellDeep", "井底深", "井底埋深"],
  cover_shape: ["CoverShape", "井盖形状", "井盖形状"],
  cover_size: ["CoverSize", "井盖尺寸", "井盖规格"],
  cover_material: ["CoverMat", "井盖材质", "井盖材料"],
  owner: ["Belong", "权属单位", "权属单位名称"],
  road: ["Road", "道路名称", "所在道路"],
  built_on: ["MDate", "建设年代", "建设时间"],
  survey_unit: ["SUnit", "探测单位", "探测单位名称"],
  surveyed_on: ["SDate", "探测日期", "探测时间"],
  status: ["Status", "使用状态", "使用状况"],
  note: ["Note", "备注", "备注"],
  from_no: ["S_Point", "起点点号", "起点物探点号"],
  to_no: ["E_Point", "终点点号", "终点物探点号"],
  from_depth_m: ["S_Deep", "起点埋深", "起始埋深"],
  to_depth_m: ["E_Deep", "终点埋深", "终止埋深"],
  from_elevation_m: ["S_High", "起点管高程", "起点高程"],
  to_elevation_m: ["E_High", "终点管高程", "终点高程"],
  material: ["Material", "材质", "管材"],
  burial: ["EmBed", "埋设方式", "埋设类型"],
  section: ["D_S", "管径或断面尺寸", "管径"],
  flow_direction: ["FlowDirect", "流向", "水流方向"],
  pressure: ["Pressure", "压力或电压", "压力电压"],
  cable_count: ["CabNum", "电缆条数", "电缆根数"],
  hole_count: ["TotalHole", "总孔数", "总孔数"],
  holes_used: ["UsedHole", "已用孔数", "已用孔数"],
}

export const headerWord = (style: Style, id: string): string => {
  const known = words[id]
  if (!known) throw new Error(`field ${id} has no header words`)
  return known[style.names === "field" ? 0 : style.names === "trade" ? 1 : 2]
}
/** Header words that fit into the ten bytes of a dBase field's name, GBK counted. */
export const shortWord = (style: Style, id: string): string => {
  const word = headerWord(style, id)
  const bytes = [...word].reduce((sum, c) => sum + (c.charCodeAt(0) < 128 ? 1 : 2), 0)
  return bytes <= 10 ? word : words[id]![0]
}

export const unitOf = ({ id, as }: Field): string =>
  typeof as !== "number" || as === 0 ? "" : id === "x" || id === "y" || id.endsWith("_m") ? "m" : ""

/** A date (YYYY-MM-DD) as the style writes it in row `row`; "cell" stays a date for formats that know dates. */
export function dateText(style: Style, iso: string, row: number): string {
  const [y, m, d] = iso.split("-") as [string, string, string]
  switch (style.dates[row % style.dates.length]) {
    case "slash":
      return `${y}/${Number(m)}/${Number(d)}`
    case "cjk":
      return `${y}年${Number(m)}月${Number(d)}日`
    case "compact":
      return `${y}${m}${d}`
    case "dot":
      return `${y}.${m}.${d}`
    default:
      return iso
  }
}

/** Digits, point and minus in their full-width forms. */
export const fullWidth = (text: string): string =>
  text.replace(/[0-9.-]/g, (c) => (c === "-" ? "－" : String.fromCharCode(c.charCodeAt(0) + 0xfee0)))

/** A number as the style writes it in row `row`: as a number, or as text where the style does that. */
export function numberCell(style: Style, value: number, decimals: number, row: number): string | number {
  // One row in seven was typed with the Chinese keyboard's wide digits.
  if (style.full_width && decimals === 2 && row % 7 === 3) return fullWidth(value.toFixed(decimals))
  return style.numbers_as_text ? value.toFixed(decimals) : value
}

export const tableName = (style: Style, class_code: string, of: "point" | "line"): string =>
  `${style.subclasses[class_code] ?? class_code}${of === "point" ? "POINT" : "LINE"}`
