/** The page of an excavation check (地下管线查询单): its words, ready to print. */
import type { Geometry, Words } from "../../../model/index.ts"
import { type SketchShape, sketchSvg } from "../../../platform/pdf/index.ts"
import type { contacts, Danger, Found } from "./check.ts"
import type { ExcavationRow } from "./store.ts"

export type PaperInput = {
  language: "zh" | "en"
  row: ExcavationRow
  city: Words
  place: Words
  made_at: string
  simulated: boolean
  calls: ReturnType<typeof contacts>
}

const words = {
  title: { zh: "开挖施工地下管线查询单", en: "Underground utilities at an excavation" },
  number: { zh: "编号", en: "No." },
  made: { zh: "查询时间", en: "Made" },
  by: { zh: "查询人", en: "Made by" },
  applicant: { zh: "申请单位", en: "Applicant" },
  purpose: { zh: "施工内容", en: "Purpose" },
  place: { zh: "位置", en: "Place" },
  extent: { zh: "范围", en: "Extent" },
  found: { zh: "地下设施（由近及远）", en: "What lies there, nearest first" },
  calls: { zh: "施工前须联系的权属单位", en: "Call before digging" },
  order: { zh: "序号", en: "No." },
  kind: { zh: "类别", en: "Kind" },
  code: { zh: "编号", en: "Code" },
  size: { zh: "规格 mm", en: "Size mm" },
  distance: { zh: "距开挖区 m", en: "Distance m" },
  cover: { zh: "埋深 m", en: "Cover m" },
  danger: { zh: "与开挖深度", en: "Against the depth" },
  owner: { zh: "权属单位", en: "Owner" },
  phone: { zh: "电话", en: "Telephone" },
  count: { zh: "设施数", en: "Things" },
  nearest: { zh: "最近 m", en: "Nearest m" },
  none: { zh: "普查成果中未见地下设施。", en: "The census has nothing here." },
  map: {
    zh: "示意图（红：开挖范围；橙：深度范围内；黑虚线：埋深不明；灰：低于开挖深度）",
    en: "Sketch (red: excavation; orange: within its depth; dashed: depth unknown; grey: deeper)",
  },
  warning: {
    zh: "本单依据普查成果，未普查或新敷设的设施不在其列；埋深由测点间内插，开挖前须由权属单位现场交底并人工探挖核实。",
    en: "From the census only: what was never surveyed or laid since is not in it. Depths between surveyed points are interpolated; have the owners show their lines and dig trial holes by hand first.",
  },
  simulated: { zh: "模拟数据", en: "Simulated data" },
} satisfies Record<string, Words>
const signatures: Words[] = [
  { zh: "申请单位", en: "Applicant" },
  { zh: "权属单位交底", en: "Owners" },
  { zh: "审核", en: "Checked by" },
]
const dangers: Record<Danger, Words> = {
  within_depth: { zh: "在开挖深度内", en: "Within the depth" },
  below: { zh: "低于开挖深度", en: "Deeper" },
  unknown: { zh: "埋深不明，按在内处理", en: "Unknown: treat as within" },
}
/** Rows printed; more are counted and left to the screen. */
const rows_max = 300
const map_height = 620

export function paperData({ language, row, city, place, made_at, simulated, calls }: PaperInput) {
  const say = (w: Words) => w[language]
  const metres = (v: number | null, digits = 2) => (v === null ? "—" : v.toFixed(digits))
  const size = (f: Found) =>
    f.width_mm !== null
      ? `${f.width_mm}×${f.height_mm ?? f.width_mm}`
      : f.diameter_mm === null
        ? "—"
        : `DN${Math.round(f.diameter_mm)}`
  const cover = (f: Found) =>
    f.cover_min_m === null || f.cover_max_m === null
      ? "—"
      : f.cover_max_m - f.cover_min_m < 0.01
        ? metres(f.cover_min_m)
        : `${metres(f.cover_min_m)}–${metres(f.cover_max_m)}`
  const more = Math.max(0, row.found.length - rows_max)
  const notes: Words[] = []
  if (row.hidden > 0)
    notes.push({
      zh: `另有 ${row.hidden} 处其他单位的设施不在查询人权限内，须由监管部门补充查询`,
      en: `${row.hidden} more things belong to others and are not shown to the asking person; ask the regulator to complete this`,
    })
  if (more > 0) notes.push({ zh: `另有 ${more} 处未列，见平台`, en: `${more} more are not listed; see the platform` })
  return {
    language,
    labels: Object.fromEntries(Object.entries(words).map(([id, w]) => [id, say(w)])),
    city: say(city),
    number: row.number,
    made_at,
    made_by: row.made_by,
    applicant: row.applicant,
    purpose: row.purpose,
    place: say(place),
    extent:
      language === "zh"
        ? `面积 ${Math.round(row.area_m2)} m²，开挖深度 ${metres(row.depth_m)} m，保护距离 ${metres(row.protection_m, 1)} m`
        : `${Math.round(row.area_m2)} m², ${metres(row.depth_m)} m deep, within ${metres(row.protection_m, 1)} m of it`,
    simulated,
    notes: notes.map(say),
    found: row.found.slice(0, rows_max).map((f) => ({
      kind: say(f.kind_name),
      code: f.code ?? f.name ?? String(f.asset_id),
      size: size(f),
      distance: f.distance_m === 0 ? "0" : metres(f.distance_m),
      cover: cover(f),
      danger: say(dangers[f.danger]),
      strong: f.danger !== "below",
      owner: f.owner?.[language] ?? "—",
    })),
    calls: calls.map((c) => ({
      owner: c.owner?.[language] ?? (language === "zh" ? "权属不明" : "Owner unknown"),
      phone: c.phone ?? (language === "zh" ? "未登记" : "not known"),
      count: String(c.assets),
      nearest: metres(c.distance_m),
    })),
    signatures: signatures.map(say),
    map: map(row),
  }
}

function map(row: ExcavationRow): string {
  const area: Geometry = { type: "Polygon", coordinates: [[...row.polygon, row.polygon[0]!]] }
  const look = (f: Found): SketchShape => ({
    geometry: f.geometry,
    colour: f.danger === "below" ? "#8A9496" : f.danger === "unknown" ? "#14181A" : "#EC7A08",
    width: f.geometry.type === "Point" ? 8 : 5,
    dashed: f.danger === "unknown",
  })
  const shapes = [...row.found].reverse().map(look)
  return sketchSvg([{ geometry: area, colour: "#D1261B", width: 4, fill: "#F7DAD7" }, ...shapes], [area], map_height)
}
