/** The trade's words for the columns of survey tables, and how a column of a file finds its field. */
import { type SurveyField, survey_line_fields, survey_point_fields } from "../../../model/index.ts"
import { clean, plainName } from "./text.ts"
import type { ColumnChoice, MappedColumn } from "./types.ts"

export type Kind = "point" | "line"
export const fieldsOf = (kind: Kind): readonly SurveyField[] =>
  kind === "point" ? survey_point_fields : survey_line_fields

/** Words that mean the same in both kinds of table; written as `plainName` leaves them, several to a string. */
const shared: Record<string, string> = {
  project_no: "prjno prjnum projectno 工程编号 工程号 项目编号 工程代号",
  code: "code 要素编码 编码 要素代码 符号代码 地物编码 分类编码 分类代码 featurecode 要素分类代码 要素分类编码 管线编码 代码",
  owner: "belong 权属单位 权属 产权单位 权属单位名称 权属单位代码 owner ownerunit 管理单位 权属部门 所属单位",
  road: "road roadname 道路名称 道路名 所在道路 所属道路 路名 街道 街道名称 位置 所在位置 所在路段 道路 address 地址 所处道路 路段",
  built_on:
    "bdate mdate builddate builtdate builtyear 建设年代 建设时间 埋设年代 埋设日期 埋设时间 敷设年代 敷设日期 敷设时间 建设日期 建成年代 建成时间 建成日期 建设年份 竣工日期 竣工时间 建造年代 投产日期 铺设年代 修建年代 埋设年份",
  survey_unit:
    "sunit surveyunit 探测单位 勘测单位 测量单位 普查单位 施测单位 调查单位 作业单位 探查单位 探测单位名称 数据采集单位",
  surveyed_on:
    "sdate surveydate 探测日期 探测时间 测量日期 测量时间 普查日期 普查时间 调查日期 调查时间 施测日期 采集日期 勘测日期 探查日期 作业日期",
  status: "status state 使用状态 状态 管线状态 usestatus 使用情况 运行状态 使用状况",
  class_code:
    "管线类别 管类 管线类型 管线种类 类别 管线代码 管线代号 管线性质 管线小类 小类 管种 管线大类 管线类别代码 管线种类代码 plclass pipeclass pipetype gxlx class type 专业 管线类",
  note: "note notes 备注 说明 remark remarks 注 memo 附注",
}
const point_words: Record<string, string> = {
  ...shared,
  map_no: "mapno mapnum 图上点号 图上编号 图面点号 图上号 图面编号",
  exp_no:
    "expno expnum 物探点号 管线点号 管点号 点号 管点编号 管线点编号 物探号 点编号 测点号 测点编号 探测点号 外业点号 物探点编号 特征点号 pointno pointid pointnum pointnumber ptno 窨井编号 节点编号 探查点号 管线点预编号 物探编号",
  x: "x x坐标 坐标x 纵坐标 纵坐标x x纵坐标 北坐标 北坐标x x北坐标 northing north x北 平面坐标x 平面x坐标 测量坐标x xcoord xcoordinate coordx 纬度 lat latitude 坐标北 大地坐标x",
  y: "y y坐标 坐标y 横坐标 横坐标y y横坐标 东坐标 东坐标y y东坐标 easting east y东 平面坐标y 平面y坐标 测量坐标y ycoord ycoordinate coordy 经度 lon lng longitude 坐标东 大地坐标y",
  ground_m:
    "high height 地面高程 高程 地面标高 地表高程 地面高 井口高程 井盖高程 管点高程 点高程 surfh surfhigh surfaceh h z 高程h 高程z z坐标 坐标z 坐标h groundheight ground groundelev groundelevation 地表标高 地面高程h 地面高程z 井面高程 高程地面 elevation",
  code: `${shared.code} 点编码 点要素编码 管点编码 管线点编码 点代码 管点代码 管线点代码 ptcode pointcode`,
  feature: "feature 特征 管点特征 点特征 特征点 特征点类型 管线点特征 特征类型 点性 特征名称 管线特征 探测点特征",
  appurtenance:
    "subsid subsidiary 附属物 附属物名称 附属物类型 附属设施 管线附属物 附属物名 附属设施名称 附属物类别 appurtenance 附属设备 管线点附属物 建构筑物附属设施",
  surface_building: "surfbldg surfbuild 地面建筑物 地面建构筑物 建筑物 建构筑物 地面构筑物 地面建筑",
  well_depth_m: "welldeep welldepth wdeep 井底深 井深 井底埋深 检查井深 窨井深 井底深度 井深度 窨井深度",
  cover_shape: "covershape 井盖形状 盖形状 井盖类型 窨井盖形状",
  cover_size: "coversize 井盖尺寸 井盖规格 井盖大小 盖尺寸 窨井盖尺寸",
  cover_material: "covermaterial covermater 井盖材质 井盖材料 盖材质 窨井盖材质",
  sheet_no: "tfh sheetno 图幅号 图幅 图幅编号 图号 所在图幅",
  angle_deg: "angle rotation rotate 旋转角 旋转角度 符号角度 符号旋转角 符号旋转角度 角度",
}
const ends = (words: string, start: string[]): string =>
  start.flatMap((end) => words.split(" ").map((word) => `${end}${word}`)).join(" ")
const starts = ["起点", "起始", "起始点", "起", "起点管线", "始点", "起端", "from", "start", "s", "起点管"]
const stops = ["终点", "终止", "终止点", "终", "终点管线", "末点", "终端", "to", "end", "e", "终点管"]
const numbers =
  "点号 号 编号 物探点号 点编号 管线点号 管点号 no num number point pointno pointid node 点 物探号 点物探点号 测点号"
const depths = "埋深 埋深值 深度 点埋深 deep depth 埋置深度 管顶埋深 管底埋深 埋设深度 管线埋深 管内底埋深"
const heights =
  "高程 管高程 管顶高程 管底高程 管线高程 管内底高程 标高 管顶标高 管底标高 内底高程 管外顶高程 顶高程 底高程 high height elevation elev 管顶底高程 管道高程 管内底标高 管线标高 h z 管顶管底高程"
const line_words: Record<string, string> = {
  ...shared,
  from_no: `${ends(numbers, starts)} 起点 起始点 本点号 spoint startpoint 管线点号 物探点号 点号 管点号 expno`,
  to_no: `${ends(numbers, stops)} 终点 终止点 连接点号 连接点 连接方向 连向点号 邻接点号 下点号 上下点号 连接点编号 相连点号 epoint endpoint 连接物探点号 连接管线点号 connpoint`,
  from_depth_m: ends(depths, starts),
  to_depth_m: ends(depths, stops),
  from_elevation_m: ends(heights, starts),
  to_elevation_m: ends(heights, stops),
  material: "material 材质 管材 管线材质 材料 管道材质 管道材料 管材质 管线材料 管材料 mater pipematerial 材质类型",
  burial: "embed embedtype embedway 埋设方式 埋设类型 敷设方式 埋设方法 铺设方式 burytype burialtype 敷设类型 埋设形式",
  section:
    "ds psize pipesize 管径 断面尺寸 规格 管径或断面尺寸 管径断面尺寸 断面 管线规格 管径尺寸 公称直径 直径 口径 dn 管径断面 管径宽高 管径及断面尺寸 管道规格 管道直径 diameter 断面规格 管径或断面 管径宽×高 管径或宽×高 管径或断面宽×高 断面宽×高 尺寸 管径或规格 管线尺寸 section size",
  line_type: "linetype 线型 管线线型 线类型",
  flow_direction: "flowdirect flowdirection flowdir 流向 水流方向 排水流向 流水方向 管线流向",
  pressure:
    "pressure voltage voltpress 压力 电压 压力或电压 压力电压 电压压力 压力值 压力级别 压力等级 电压值 电压等级 压力类型 电压或压力 volpre",
  cable_count:
    "cabcount cablecount 电缆条数 条数 电缆根数 电缆数 缆线条数 光缆条数 线缆条数 根数 电缆光缆条数 电缆条数或根数 缆线根数",
  hole_count: "holecount holenum totalholes 总孔数 孔数 管孔总数 管孔数 总管孔数",
  holes_used:
    "holeused usedholes holeuse usedhole useholes 已用孔数 占用孔数 已用孔 使用孔数 已占孔数 占孔数 usedcount",
  service_life_y: "servicelife uselife 使用年限 设计年限 寿命 使用寿命 设计使用年限 年限",
  code: `${shared.code} 线编码 线要素编码 管段编码 线代码 管线段编码 linecode`,
}

type Words = { byName: Map<string, string>; byAlias: Map<string, string> }
function words(kind: Kind): Words {
  const byName = new Map<string, string>()
  const byAlias = new Map<string, string>()
  const listed = kind === "point" ? point_words : line_words
  for (const field of fieldsOf(kind)) {
    for (const name of [field.id, field.name.zh, field.name.en]) byName.set(plainName(name), field.id)
    for (const alias of (listed[field.id] ?? "").split(" ")) {
      const plain = plainName(alias)
      if (plain !== "" && !byAlias.has(plain)) byAlias.set(plain, field.id)
    }
  }
  return { byName, byAlias }
}
const known: Record<Kind, Words> = { point: words("point"), line: words("line") }

/** Shapefiles cut names to 10 bytes; a part of a character may be left at the end. */
const dbf_name_bytes = 10
const cut_chars_min = 3

function cutName(kind: Kind, raw: string): string | null {
  const plain = plainName(raw.replace(/\ufffd+$/, ""))
  const bytes = [...raw].reduce((sum, c) => sum + (c.charCodeAt(0) < 0x80 ? 1 : 2), 0)
  const utf8_bytes = Buffer.byteLength(raw.replace(/\ufffd+$/, ""))
  const full = (n: number) => n >= dbf_name_bytes - 2 && n <= dbf_name_bytes + 2
  if (plain.length < cut_chars_min || !(full(bytes) || full(utf8_bytes))) return null
  const fields = new Set<string>()
  for (const list of [known[kind].byName, known[kind].byAlias])
    for (const [alias, field] of list) if (alias.startsWith(plain)) fields.add(field)
  return fields.size === 1 ? [...fields][0]! : null
}

/** The field that a column's name alone means in a kind of table. `cut` also tries names cut to 10 bytes. */
export function fieldNamed(kind: Kind, raw: string, cut = false): Pick<MappedColumn, "field" | "how"> {
  const plain = plainName(raw)
  if (plain === "") return { field: null, how: "unknown" }
  const name = known[kind].byName.get(plain)
  if (name !== undefined) return { field: name, how: "name" }
  const alias = known[kind].byAlias.get(plain) ?? (cut ? cutName(kind, raw) : null)
  return alias ? { field: alias, how: "alias" } : { field: null, how: "unknown" }
}

export type Choices = readonly (ColumnChoice & { remembered?: boolean })[]

/** Every column with its field; a field is taken by one column only: the one chosen, then the better named, then the first. */
export function mapColumns(kind: Kind, names: readonly string[], choices: Choices, cut: boolean): MappedColumn[] {
  const chosen = new Map<string, Choices[number]>()
  for (const choice of choices) if (choice.kind === kind) chosen.set(plainName(choice.column), choice)
  const mapped = names.map((column): MappedColumn => {
    const choice = chosen.get(plainName(column))
    if (choice && plainName(column) !== "")
      return { column: clean(column), field: choice.field, how: choice.remembered ? "remembered" : "chosen" }
    return { column: clean(column), ...fieldNamed(kind, column, cut) }
  })
  const order: MappedColumn["how"][] = ["chosen", "remembered", "name", "alias"]
  const taken = new Set<string>()
  for (const how of order)
    for (const column of mapped)
      if (column.how === how && column.field !== null) {
        if (taken.has(column.field)) Object.assign(column, { field: null, how: "unknown" })
        else taken.add(column.field)
      }
  return mapped
}
