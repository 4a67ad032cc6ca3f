/**
 * The classes of an invented delivery: where each lies in the street and how deep, so that no two come too near.
 * Depths are stacked in bands: cables, gas and heat, water, rain, sewage. Gas and power hang on the western street, heat
 * and telecom on the eastern one, and their branches end before the other's, so that bands can be shared.
 */
export type Spine = "grid" | "west" | "east" | "gravity"

export type UtilityClass = {
  /** Class of CJJ 61 appendix B as the tables are named. */
  code: string
  zh: string
  /** Digits 2–4 of feature codes (CJJ 61 appendix F: class and subclass). */
  digits: string
  /** Metres north (or east) of the street's middle. */
  offset_m: number
  /** Depth of the pipe's top, or of the invert where it runs by gravity, centimetres. */
  depth_cm: number
  spine: Spine
  /** Where spurs go along north–south streets from the main: -1 south, 1 north, 0 none. */
  spurs: -1 | 0 | 1
  materials: { main: string; lateral: string }
  sections: { spine: string; main: string; spur: string; lateral: string }
  burial: string
  owner: string
  /** Length of service pipes across the street, metres; sign says the side; 0 where there are none. */
  lateral_m: number
  pressure: string
  cable: boolean
}

const pipe = { burial: "直埋", pressure: "", cable: false }
const cables = { burial: "管块", cable: true, lateral_m: 0 }

/** Order counts: it is the class number in the columns of a network. */
export const utility_classes: UtilityClass[] = [
  {
    ...pipe,
    code: "JS",
    zh: "给水",
    digits: "100",
    offset_m: 0,
    depth_cm: 200,
    spine: "grid",
    spurs: 0,
    materials: { main: "QM", lateral: "PE" },
    sections: { spine: "400", main: "300", spur: "200", lateral: "100" },
    owner: "市供水集团",
    lateral_m: -2.5,
  },
  {
    ...pipe,
    code: "YS",
    zh: "雨水",
    digits: "201",
    offset_m: 10,
    depth_cm: 370,
    spine: "gravity",
    spurs: 1,
    materials: { main: "T", lateral: "PVC" },
    sections: { spine: "800", main: "400", spur: "400", lateral: "300" },
    owner: "市排水管理办公室",
    lateral_m: 16,
  },
  {
    ...pipe,
    code: "WS",
    zh: "污水",
    digits: "202",
    offset_m: -20,
    depth_cm: 480,
    spine: "gravity",
    spurs: 1,
    materials: { main: "T", lateral: "PVC" },
    sections: { spine: "600", main: "300", spur: "300", lateral: "200" },
    owner: "市排水管理办公室",
    lateral_m: -12,
  },
  {
    ...pipe,
    code: "RQ",
    zh: "燃气",
    digits: "300",
    offset_m: -10.5,
    depth_cm: 142,
    spine: "west",
    spurs: -1,
    materials: { main: "PE", lateral: "PE" },
    sections: { spine: "200", main: "160", spur: "110", lateral: "63" },
    owner: "市燃气集团",
    lateral_m: -2.25,
    pressure: "中压",
  },
  {
    ...pipe,
    code: "RS",
    zh: "热水",
    digits: "401",
    offset_m: -5.5,
    depth_cm: 142,
    spine: "east",
    spurs: 1,
    materials: { main: "G", lateral: "G" },
    sections: { spine: "250", main: "200", spur: "150", lateral: "100" },
    owner: "市热电集团",
    lateral_m: 0,
  },
  {
    ...cables,
    code: "DL",
    zh: "电力",
    digits: "500",
    offset_m: 5,
    depth_cm: 60,
    spine: "west",
    spurs: 1,
    materials: { main: "TZ", lateral: "TZ" },
    sections: { spine: "300×200", main: "300×200", spur: "300×200", lateral: "300×200" },
    owner: "市供电公司",
    pressure: "10kV",
  },
  {
    ...cables,
    code: "TX",
    zh: "通信",
    digits: "600",
    offset_m: -15,
    depth_cm: 60,
    spine: "east",
    spurs: -1,
    materials: { main: "GX", lateral: "GX" },
    sections: { spine: "200×200", main: "200×200", spur: "200×200", lateral: "200×200" },
    owner: "市通信管道公司",
    pressure: "",
  },
]

/** Small classes that only a delivery with planted faults has; they lie alone inside a block. */
const alone = { spine: "grid" as const, spurs: 0 as const, offset_m: 0, lateral_m: 0, cable: false, burial: "直埋" }
export const extra_classes: UtilityClass[] = (
  [
    { code: "XS", zh: "消防", digits: "106", material: "QM", section: "150", owner: "市消防支队", depth_cm: 150 },
    { code: "LD", zh: "路灯", digits: "502", material: "TZ", section: "50", owner: "市路灯管理处", depth_cm: 70 },
    { code: "XH", zh: "信号", digits: "503", material: "TZ", section: "50", owner: "市交警支队", depth_cm: 70 },
    { code: "GB", zh: "广播", digits: "604", material: "GX", section: "50", owner: "市广电网络", depth_cm: 70 },
  ] as const
).map(({ material, section, ...more }) => ({
  ...alone,
  ...more,
  materials: { main: material, lateral: material },
  sections: { spine: section, main: section, spur: section, lateral: section },
  pressure: "",
}))
export const all_classes = [...utility_classes, ...extra_classes]
export const classNumber = (code: string): number => all_classes.findIndex((c) => c.code === code)

/** What a point is: a feature (特征) or an appurtenance (附属物), and its serial in feature codes. */
export const point_kinds = [
  { id: "straight", zh: "直线点", appurtenance: false, serial: "01" },
  { id: "bend", zh: "弯头", appurtenance: false, serial: "02" },
  { id: "turn", zh: "转折点", appurtenance: false, serial: "03" },
  { id: "tee", zh: "三通", appurtenance: false, serial: "08" },
  { id: "cross", zh: "四通", appurtenance: false, serial: "09" },
  { id: "reducer", zh: "变径", appurtenance: false, serial: "10" },
  { id: "reserved", zh: "预留口", appurtenance: false, serial: "11" },
  { id: "house", zh: "入户", appurtenance: false, serial: "12" },
  { id: "house_sewer", zh: "出户", appurtenance: false, serial: "13" },
  { id: "valve", zh: "阀门井", appurtenance: true, serial: "01" },
  { id: "hydrant", zh: "消火栓", appurtenance: true, serial: "02" },
  { id: "manhole", zh: "检查井", appurtenance: true, serial: "03" },
  { id: "inlet", zh: "雨水箅", appurtenance: true, serial: "04" },
  { id: "man", zh: "人孔", appurtenance: true, serial: "05" },
  { id: "hand", zh: "手孔", appurtenance: true, serial: "06" },
  { id: "outfall", zh: "出水口", appurtenance: true, serial: "07" },
  { id: "meter", zh: "水表井", appurtenance: true, serial: "09" },
] as const
export type PointKind = (typeof point_kinds)[number]["id"]
export const kindNumber = Object.fromEntries(point_kinds.map((k, i) => [k.id, i])) as Record<PointKind, number>

/** 8-digit feature code of a point: 5, class and subclass, 2 for a point, 1 feature or 2 appurtenance, serial. */
export const pointCode = (of: UtilityClass, kind: number): string => {
  const { appurtenance, serial } = point_kinds[kind]!
  return `5${of.digits}2${appurtenance ? 2 : 1}${serial}`
}
/** 8-digit feature code of a pipe section: 5, class and subclass, 1 for a line, 000. */
export const lineCode = (of: UtilityClass): string => `5${of.digits}1000`

export const material_words: Record<string, string> = {
  QM: "球墨铸铁",
  PE: "聚乙烯",
  T: "混凝土",
  PVC: "聚氯乙烯",
  G: "钢",
  TZ: "铜",
  GX: "光纤",
}
