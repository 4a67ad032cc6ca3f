/** Words of CJJ 61-2017 appendices B (classes), C (materials, ways of laying) and their spellings. */
import { clean } from "./text.ts"

/** Subclasses of each class of appendix B, then older codes still delivered; order is that of the appendix (01, 02 …). */
const classes: Record<string, { digit: number; subclasses: string[]; older: string[] }> = {
  JS: { digit: 1, subclasses: ["JY", "SS", "ZS", "JP", "JZ", "XS", "LS", "JH"], older: [] },
  PS: { digit: 2, subclasses: ["YS", "WS", "HS"], older: [] },
  RQ: { digit: 3, subclasses: ["MQ", "YH", "TR"], older: [] },
  RL: { digit: 4, subclasses: ["RS", "ZQ"], older: [] },
  DL: { digit: 5, subclasses: ["GD", "LD", "XH", "DC", "GG"], older: [] },
  TX: { digit: 6, subclasses: ["DH", "DS", "XX", "GB"], older: ["DX", "YD", "LT", "TT", "EX", "JK"] },
  GY: { digit: 7, subclasses: ["QQ", "YQ", "GQ", "YX", "BQ", "LQ", "DQ", "EY", "AQ", "JB"], older: [] },
  QT: { digit: 8, subclasses: ["ZH", "BM"], older: [] },
}
const major_of = new Map<string, string>()
for (const [major, { subclasses, older }] of Object.entries(classes))
  for (const code of [major, ...subclasses, ...older]) major_of.set(code, major)

/** The class of appendix B that a class or subclass belongs to; itself where it is unknown. */
export const majorClass = (code: string): string => major_of.get(code) ?? code
export const isClass = (code: string): boolean => major_of.has(code)
/** First digits "5", class and subclass of an 8-digit feature code (appendix F), or null where unknown. */
export function codePrefix(code: string): string | null {
  const known = classes[majorClass(code)]
  if (!known) return null
  const sub = known.subclasses.indexOf(code)
  return `5${known.digit}${sub < 0 ? "" : String(sub + 1).padStart(2, "0")}`
}

// biome-ignore format: the table reads better packed
const class_words: [string, string][] = [
  ["直饮水", "JZ"], ["原水", "JY"], ["输水", "SS"], ["中水", "ZS"], ["再生水", "ZS"], ["配水", "JP"], ["消防", "XS"],
  ["绿化", "LS"], ["循环水", "JH"], ["雨污合流", "HS"], ["雨污", "HS"], ["合流", "HS"], ["雨水", "YS"], ["污水", "WS"],
  ["排水", "PS"], ["给水", "JS"], ["供水", "JS"], ["自来水", "JS"], ["上水", "JS"], ["天然气", "TR"], ["液化", "YH"],
  ["煤气", "MQ"], ["燃气", "RQ"], ["蒸汽", "ZQ"], ["热水", "RS"], ["热力", "RL"], ["供热", "RL"], ["路灯", "LD"],
  ["交通信号", "XH"], ["信号", "XH"], ["电车", "DC"], ["广告", "GG"], ["供电", "GD"], ["电力", "DL"], ["有线电视", "DS"],
  ["电视", "DS"], ["电话", "DH"], ["广播", "GB"], ["信息网络", "XX"], ["移动", "YD"], ["联通", "LT"], ["电信", "DX"],
  ["通信", "TX"], ["通讯", "TX"], ["综合管", "ZH"], ["不明", "BM"], ["工业", "GY"], ["其他", "QT"], ["其它", "QT"],
]

/** A class written as its code or in words ("JS", "js", "给水", "雨水管线"); "" where it is none. */
export function readClass(text: string): string {
  const written = clean(text)
  const code = written.toUpperCase()
  if (/^[A-Z]{2}$/.test(code)) return code
  return class_words.find(([word]) => written.includes(word))?.[1] ?? ""
}
/** The class that a table's or file's name speaks of: code in front or between marks, or a word; "" where it is none. */
export function classInName(name: string): string {
  const bare = clean(name).toUpperCase()
  const at = /(?:^|[^A-Z])([A-Z]{2})(?=_?(?:POINT|LINE|PT|LN|[点线管]|$)|[^A-Z])/g
  for (const found of bare.matchAll(at)) if (isClass(found[1]!)) return found[1]!
  return readClass(name)
}

const material_words: Record<string, string[]> = {
  QM: ["球墨铸铁", "球墨", "球铁", "球墨铸铁管", "DI", "DIP"],
  ZT: ["铸铁", "灰口铸铁", "灰铸铁", "铸铁管", "灰铁", "CI"],
  G: ["钢", "钢管", "镀锌钢管", "镀锌", "无缝钢管", "螺旋钢管", "焊接钢管", "ST", "STEEL", "GG"],
  T: ["混凝土", "钢筋混凝土", "砼", "钢筋砼", "预应力混凝土", "混凝土管", "砼管", "水泥", "RC", "PCCP"],
  PE: ["聚乙烯", "聚乙烯塑料", "PE管", "HDPE", "PE100", "PE80"],
  PVC: ["聚氯乙烯", "聚氯乙烯塑料", "PVC管", "UPVC", "PVC-U", "塑料", "塑料管"],
  BLG: ["玻璃钢", "玻璃钢管", "玻璃钢夹砂", "GRP", "FRP"],
  ZS: ["砖石"],
  Z: ["砖", "砖砌", "砖混"],
  S: ["石", "石砌", "块石"],
  SM: ["石棉", "石棉水泥", "石棉水泥管"],
  TC: ["陶瓷", "陶土", "陶管", "缸瓦"],
  TZ: ["铜", "铜管", "铜芯", "铜缆"],
  VL: ["钢芯铝绞线", "铝", "铝芯"],
  GX: ["光纤", "光缆"],
}
const burial_words: Record<string, string[]> = {
  ZM: ["直埋", "直埋敷设"],
  GM: ["管埋", "套管", "穿管"],
  GK: ["管块", "排管"],
  GG: ["管沟", "沟道", "方沟", "沟埋", "电缆沟"],
  JK: ["架空"],
  DM: ["地面"],
  SJ: ["上架", "上杆"],
  XTD: ["小通道"],
  ZH: ["综合管廊", "综合管沟", "管廊"],
  RF: ["人防"],
  JN: ["井内连线", "井内连接"],
  DG: ["顶管", "非开挖", "定向钻", "拖拉管"],
  SX: ["水下"],
}
const byWord = (words: Record<string, string[]>): Map<string, string> => {
  const all = new Map(Object.keys(words).map((code) => [code, code]))
  for (const [code, spelled] of Object.entries(words))
    for (const word of spelled) if (!all.has(word.toUpperCase())) all.set(word.toUpperCase(), code)
  return all
}
const materials = byWord(material_words)
const burials = byWord(burial_words)
const lookUp = (words: Map<string, string>, text: string): string | null => {
  const written = clean(text).toUpperCase().replace(/\s+/g, "")
  return words.get(written) ?? words.get(written.replace(/[管材]+$/, "")) ?? null
}

/** The code of appendix C.0.1 for a material's code or words ("QM", "球墨铸铁", "HDPE"); null where it is unknown. */
export const materialCode = (text: string): string | null => lookUp(materials, text)
/** The code of appendix C.0.2 for a way of laying ("ZM", "直埋"); null where it is unknown. */
export const burialCode = (text: string): string | null => lookUp(burials, text)
export const materialName = (code: string): string => material_words[code]?.[0] ?? code
