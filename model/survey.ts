/**
 * Pipeline survey deliveries (管线普查成果): the columns of point and line tables as CJJ 61 practice delivers them, under
 * one name each. Readers map the words of a file's header to these; checks, staging and assets speak of them only.
 */
import type { AttributeDeclaration } from "./asset.ts"
import type { Words } from "./result.ts"

export type SurveyField = {
  id: string
  name: Words
  type: "text" | "number" | "date"
  unit?: string
  /** A row without it cannot be placed or joined. */
  required?: boolean
}

const field = (
  id: string,
  zh: string,
  en: string,
  type: SurveyField["type"] = "text",
  more: Partial<SurveyField> = {},
): SurveyField => ({ id, name: { zh, en }, type, ...more })
const metres = (id: string, zh: string, en: string, more: Partial<SurveyField> = {}) =>
  field(id, zh, en, "number", { unit: "m", ...more })

/** Columns of a point table (`XXPOINT`). X is north and Y is east, in metres of the delivery's coordinate system. */
export const survey_point_fields = [
  field("project_no", "工程编号", "Project number"),
  field("map_no", "图上点号", "Number on the map"),
  field("exp_no", "物探点号", "Point number", "text", { required: true }),
  metres("x", "X 坐标（北）", "X (north)", { required: true }),
  metres("y", "Y 坐标（东）", "Y (east)", { required: true }),
  metres("ground_m", "地面高程", "Ground height"),
  field("code", "要素编码", "Feature code"),
  field("feature", "特征", "Feature"),
  field("appurtenance", "附属物", "Appurtenance"),
  field("surface_building", "地面建（构）筑物", "Building above"),
  metres("well_depth_m", "井底深", "Depth of the well"),
  field("cover_shape", "井盖形状", "Cover shape"),
  field("cover_size", "井盖尺寸", "Cover size"),
  field("cover_material", "井盖材质", "Cover material"),
  field("owner", "权属单位", "Owner"),
  field("road", "道路名称", "Road"),
  field("built_on", "建设年代", "Built", "date"),
  field("sheet_no", "图幅号", "Map sheet"),
  field("survey_unit", "探测单位", "Surveyed by"),
  field("surveyed_on", "探测日期", "Surveyed on", "date"),
  field("angle_deg", "旋转角", "Symbol angle", "number", { unit: "deg" }),
  field("status", "使用状态", "Status"),
  field("class_code", "管线类别", "Class of utility"),
  field("note", "备注", "Note"),
] as const satisfies readonly SurveyField[]

/** Columns of a line table (`XXLINE`). Heights are of the pipe's top; of its invert where it flows by gravity. */
export const survey_line_fields = [
  field("project_no", "工程编号", "Project number"),
  field("from_no", "起点点号", "From point", "text", { required: true }),
  field("to_no", "终点点号", "To point", "text", { required: true }),
  metres("from_depth_m", "起点埋深", "Depth at start"),
  metres("to_depth_m", "终点埋深", "Depth at end"),
  metres("from_elevation_m", "起点管高程", "Pipe height at start"),
  metres("to_elevation_m", "终点管高程", "Pipe height at end"),
  field("material", "材质", "Material"),
  field("burial", "埋设方式", "Way of laying"),
  field("section", "管径或断面尺寸", "Diameter or section"),
  field("line_type", "线型", "Kind of line"),
  field("flow_direction", "流向", "Direction of flow"),
  field("pressure", "压力或电压", "Pressure or voltage"),
  field("cable_count", "电缆条数", "Cables", "number"),
  field("hole_count", "总孔数", "Holes", "number"),
  field("holes_used", "已用孔数", "Holes in use", "number"),
  field("built_on", "建设年代", "Built", "date"),
  field("service_life_y", "使用年限", "Service life", "number", { unit: "a" }),
  field("owner", "权属单位", "Owner"),
  field("road", "道路名称", "Road"),
  field("code", "要素编码", "Feature code"),
  field("survey_unit", "探测单位", "Surveyed by"),
  field("surveyed_on", "探测日期", "Surveyed on", "date"),
  field("status", "使用状态", "Status"),
  field("class_code", "管线类别", "Class of utility"),
  field("note", "备注", "Note"),
] as const satisfies readonly SurveyField[]

export type SurveyPointField = (typeof survey_point_fields)[number]["id"]
export type SurveyLineField = (typeof survey_line_fields)[number]["id"]

/**
 * How a lifeline takes rows of survey deliveries: which classes of CJJ 61 appendix B are its own, and which kind of
 * asset a row becomes. Attributes of the asset are the survey's, under the ids of `survey_point_attributes` and
 * `survey_line_attributes`.
 */
export type SurveyDeclaration = {
  /** Two-letter classes or subclasses of tables: "JS", "RQ", "PS". */
  classes: string[]
  /** Runs by gravity: heights are of the invert, and water must not flow uphill. */
  gravity: boolean
  /** Kind of asset that a line becomes. */
  line_kind: string
  /** Kind of asset that a point becomes where no rule of `points` fits. */
  point_kind: string
  /** Points by a word that their feature or appurtenance contains, the first that fits: { word: "阀", kind: "valve" }. */
  points: { word: string; kind: string }[]
  /** Materials of CJJ 61 appendix C (QM, ZT, G …) as the lifeline's own choice; others are kept as they came. */
  materials?: Record<string, string>
}

const attribute = (id: string, zh: string, en: string, unit?: string): AttributeDeclaration => ({
  id,
  name: { zh, en },
  type: unit === undefined ? "text" : "number",
  ...(unit !== undefined && { unit }),
})
const count = (id: string, zh: string, en: string): AttributeDeclaration => ({
  id,
  name: { zh, en },
  type: "integer",
  min: 0,
})

/** What a surveyed point keeps beside its kind's own attributes. */
export const survey_point_attributes: AttributeDeclaration[] = [
  attribute("exp_no", "物探点号", "Point number"),
  attribute("subclass", "管线小类", "Subclass"),
  attribute("feature", "特征", "Feature"),
  attribute("appurtenance", "附属物", "Appurtenance"),
  attribute("feature_code", "要素编码", "Feature code"),
  attribute("ground_m", "地面高程", "Ground height", "m"),
  attribute("well_depth_m", "井底深", "Depth of the well", "m"),
  attribute("cover", "井盖", "Cover"),
  attribute("road", "道路名称", "Road"),
  attribute("built_on", "建设年代", "Built"),
  attribute("survey_unit", "探测单位", "Surveyed by"),
  attribute("surveyed_on", "探测日期", "Surveyed on"),
  attribute("usage", "使用状态", "Usage"),
  attribute("note", "备注", "Note"),
]

/** What a surveyed line keeps beside its kind's own attributes. Ends are named by point number. */
export const survey_line_attributes: AttributeDeclaration[] = [
  attribute("length_m", "长度", "Length", "m"),
  attribute("diameter_mm", "管径", "Diameter", "mm"),
  attribute("width_mm", "断面宽", "Section width", "mm"),
  attribute("height_mm", "断面高", "Section height", "mm"),
  attribute("material", "管材", "Material"),
  attribute("from_node", "起点", "From node"),
  attribute("to_node", "终点", "To node"),
  attribute("from_depth_m", "起点埋深", "Depth at start", "m"),
  attribute("to_depth_m", "终点埋深", "Depth at end", "m"),
  attribute("from_elevation_m", "起点管高程", "Pipe height at start", "m"),
  attribute("to_elevation_m", "终点管高程", "Pipe height at end", "m"),
  attribute("subclass", "管线小类", "Subclass"),
  attribute("feature_code", "要素编码", "Feature code"),
  attribute("burial", "埋设方式", "Way of laying"),
  attribute("flow_direction", "流向", "Direction of flow"),
  attribute("pressure", "压力或电压", "Pressure or voltage"),
  count("cable_count", "电缆条数", "Cables"),
  count("hole_count", "总孔数", "Holes"),
  count("holes_used", "已用孔数", "Holes in use"),
  attribute("built_on", "建设年代", "Built"),
  attribute("road", "道路名称", "Road"),
  attribute("survey_unit", "探测单位", "Surveyed by"),
  attribute("surveyed_on", "探测日期", "Surveyed on"),
  attribute("usage", "使用状态", "Usage"),
  attribute("note", "备注", "Note"),
]

/** Declarations of surveyed attributes by id, for those that an asset kind does not declare itself. */
export const survey_attributes: ReadonlyMap<string, AttributeDeclaration> = new Map(
  [...survey_point_attributes, ...survey_line_attributes].map((declared) => [declared.id, declared]),
)
