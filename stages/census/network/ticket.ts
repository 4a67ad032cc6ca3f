/** The valve operation ticket (阀门操作票): what its page says, from an isolation. */
import type { Geometry, Words } from "../../../model/index.ts"
import { type SketchShape, sketchSvg } from "../../../platform/pdf/index.ts"
import type { NetworkFeature, ValveView } from "./answer.ts"

export type TicketInput = {
  language: "zh" | "en"
  number: string
  city: Words
  made_at: string
  made_by: string
  reason: string
  simulated: boolean
  asset: { name: string; kind: Words; code: string | null; owner: Words | null; place: Words; geometry: Geometry }
  close: readonly ValveView[]
  keep_closed: readonly ValveView[]
  failed: readonly ValveView[]
  second_ring: readonly ValveView[]
  hidden_valves: number
  sources_inside: number
  affected: { customers: number; hydrants: number; people: number }
  isolated_m: number
  cut_off_m: number
  dead_ends_m: number
  features: readonly NetworkFeature[]
  kindName(kind: string): Words
  ownerOf(owner_id: number | null): Words | null
  placeOf(valve: ValveView): Words
}

const words = {
  title: { zh: "阀门操作票", en: "Valve operation ticket" },
  number: { zh: "编号", en: "No." },
  made: { zh: "填票时间", en: "Made" },
  by: { zh: "填票人", en: "Made by" },
  object: { zh: "隔离对象", en: "To be isolated" },
  place: { zh: "位置", en: "Place" },
  owner: { zh: "权属单位", en: "Owner" },
  reason: { zh: "操作原因", en: "Reason" },
  effect: { zh: "影响范围", en: "Effect" },
  steps: { zh: "操作步骤（按序执行，完成一项打勾一项）", en: "Steps, in order; tick each when done" },
  second: { zh: "备用阀门（上述阀门全部失效时关闭）", en: "Second ring, if the valves above all fail" },
  restore: {
    zh: "恢复供应（按倒序缓慢开启，开启前排气）",
    en: "Restoring: open slowly, last one first, bleed air before",
  },
  order: { zh: "序号", en: "Step" },
  valve: { zh: "阀门", en: "Valve" },
  kind: { zh: "类型", en: "Kind" },
  size: { zh: "口径 mm", en: "Size mm" },
  action: { zh: "操作", en: "Action" },
  who: { zh: "操作人", en: "Operator" },
  time: { zh: "时间", en: "Time" },
  done: { zh: "完成", en: "Done" },
  none: { zh: "无。", en: "None." },
  map: {
    zh: "示意图（红：隔离对象；橙：停供管段；蓝：需关闭阀门；灰：备用阀门）",
    en: "Sketch (red: to be isolated; orange: without supply; blue: valves to close; grey: second ring)",
  },
  signed: { zh: "签字", en: "Signatures" },
  simulated: { zh: "模拟数据", en: "Simulated data" },
} satisfies Record<string, Words>
const signatures: Words[] = [
  { zh: "填票人", en: "Made by" },
  { zh: "审核人", en: "Checked by" },
  { zh: "操作人", en: "Operator" },
  { zh: "监护人", en: "Supervised by" },
  { zh: "值班负责人", en: "Duty leader" },
]
const actions = {
  close: { zh: "关闭", en: "Close" },
  keep: { zh: "确认保持关闭", en: "See that it stays closed" },
  failed: { zh: "故障，不能操作", en: "Broken, cannot be operated" },
  open: { zh: "开启", en: "Open" },
} satisfies Record<string, Words>

const map_height = 560
const valve_names_max = 40

/** Everything ready to print; the template only places it. */
export function ticketData(input: TicketInput) {
  const { language } = input
  const say = (w: Words) => w[language]
  const row = (action: Words) => (valve: ValveView) => ({
    valve: valve.code ?? valve.name ?? String(valve.asset_id),
    kind: say(input.kindName(valve.kind)),
    size: valve.dn_mm === null ? "—" : String(Math.round(valve.dn_mm)),
    place: say(input.placeOf(valve)),
    owner: ownerWords(input.ownerOf(valve.owner_id), language),
    action: say(action),
  })
  const steps = [...input.keep_closed.map(row(actions.keep)), ...input.close.map(row(actions.close))]
  return {
    language,
    labels: Object.fromEntries(Object.entries(words).map(([id, w]) => [id, say(w)])),
    city: say(input.city),
    number: input.number,
    made_at: input.made_at,
    made_by: input.made_by,
    reason: input.reason,
    simulated: input.simulated,
    object: `${say(input.asset.kind)} ${input.asset.name}`,
    place: say(input.asset.place),
    owner: ownerWords(input.asset.owner, language),
    effect: effectWords(input, language),
    notes: notes(input, language),
    steps,
    broken: input.failed.map(row(actions.failed)),
    second: input.second_ring.map(row(actions.close)),
    restore: [...input.close].reverse().map(row(actions.open)),
    signatures: signatures.map(say),
    map: sketchSvg(shapes(input), around(input), map_height),
  }
}

const ownerWords = (owner: Words | null, language: "zh" | "en") => owner?.[language] ?? "—"

function effectWords({ affected, isolated_m, cut_off_m }: TicketInput, language: "zh" | "en"): string {
  const [inside, behind] = [Math.round(isolated_m), Math.round(cut_off_m)]
  const { customers, hydrants, people } = affected
  return language === "zh"
    ? `隔离管段 ${inside} m，另有 ${behind} m 失去供应；停供用户表 ${customers} 只，消火栓 ${hydrants} 座，影响人口约 ${Math.round(people)} 人`
    : `${inside} m of pipe isolated, ${behind} m more without supply; ${customers} customers' meters, ${hydrants} hydrants, about ${Math.round(people)} people`
}

function notes(input: TicketInput, language: "zh" | "en"): string[] {
  const said: Words[] = []
  if (input.close.length + input.keep_closed.length + input.hidden_valves === 0)
    said.push({ zh: "没有可用阀门：该部分不能用阀门隔离", en: "There is no valve: this part cannot be shut off" })
  if (input.hidden_valves > 0)
    said.push({
      zh: `另有 ${input.hidden_valves} 个阀门属其他单位，本票未列，操作前须联系`,
      en: `${input.hidden_valves} more valves belong to others and are not listed; call them first`,
    })
  if (input.sources_inside > 0)
    said.push({
      zh: `隔离范围内有 ${input.sources_inside} 个水源、储罐或场站，须另行停运`,
      en: `${input.sources_inside} sources lie inside and must be shut down themselves`,
    })
  if (input.dead_ends_m > 0)
    said.push({
      zh: `关阀后新增盲端管段 ${Math.round(input.dead_ends_m)} m，恢复时注意冲洗排放`,
      en: `${Math.round(input.dead_ends_m)} m of pipe become dead ends; flush them when restoring`,
    })
  return said.map((w) => w[language])
}

const looks: Record<string, Omit<SketchShape, "geometry">> = {
  dead_end: { colour: "#BCC3C2", width: 4 },
  cut_off: { colour: "#F2B36B", width: 5, dashed: true },
  isolated: { colour: "#EC7A08", width: 6 },
  second_ring: { colour: "#8A9496", width: 8 },
  failed: { colour: "#14181A", width: 9 },
  keep_closed: { colour: "#1F57B5", width: 9 },
  close: { colour: "#2F6FDB", width: 11 },
  start: { colour: "#D1261B", width: 9 },
}

function shapes({ features, close }: TicketInput): SketchShape[] {
  const named = new Map(close.slice(0, valve_names_max).map((valve, i) => [valve.asset_id, `${i + 1}`]))
  return Object.keys(looks).flatMap((role) =>
    features
      .filter((feature) => feature.properties.role === role)
      .map((feature) => {
        const look = looks[role]!
        const label = named.get(feature.id)
        const point = feature.geometry.type === "Point"
        const small = point && (role === "isolated" || role === "cut_off" || role === "dead_end")
        return { geometry: feature.geometry, ...look, ...(small && { width: 3 }), ...(label && { label }) }
      }),
  )
}

/** The picture shows the valves and the object; a part that reaches far beyond is cut at its edge. */
const around = ({ features, asset }: TicketInput): Geometry[] => [
  asset.geometry,
  ...features.filter((f) => ["close", "keep_closed", "failed"].includes(f.properties.role)).map((f) => f.geometry),
]
