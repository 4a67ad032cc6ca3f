import { type Because, iso, orderActionName, type Words } from "../../model/index.ts"
import type { SavedFinding } from "../analysis/index.ts"
import type { AlarmRecord } from "./store.ts"
import { historyRow } from "./views-of.ts"

export type WhyLine = {
  depth: number
  kind: string
  time: number | null
  words: Words
  detail: unknown
  link: string | null
}

type Chain = {
  alarms: {
    alarm: AlarmRecord
    findings: SavedFinding[]
    history: { city_time: number; actor: string; action: string; detail: unknown }[]
  }[]
  versions: { version: number; action: string; signed_by: string; city_time: number; note: string | null }[]
  events: {
    order_code: string
    order_id: number
    action: string
    to_state: string | null
    actor: string
    city_time: number
    note: string | null
    limit_ms: number | null
  }[]
  photos: { hash: string; taken_by: string; city_time: number }[]
  point_name(point: number): string
}

/** The chain from readings to closure as lines, depth by kind: reading → finding → alarm → warning → work order. */
export function whyLines(chain: Chain): WhyLine[] {
  const lines: WhyLine[] = []
  const add = (
    depth: number,
    kind: string,
    time: number | null,
    zh: string,
    en: string,
    detail: unknown = null,
    link: string | null = null,
  ) => lines.push({ depth, kind, time, words: { zh, en }, detail, link })
  for (const { alarm, findings, history } of chain.alarms) {
    const oldest_first = [...findings].reverse()
    for (const f of oldest_first) {
      const because = f.because as Because
      for (const r of because.readings.slice(0, 3)) {
        const name = chain.point_name(r.point)
        add(0, "reading", r.to, `读数 ${name}，${span(r.from, r.to)}`, `Readings of ${name}, ${span(r.from, r.to)}`, r)
      }
      add(
        1,
        "finding",
        f.time,
        `结论 ${f.title.zh}（规则 ${f.rule} v${f.rule_version}）`,
        `Finding: ${f.title.en} (rule ${f.rule} v${f.rule_version})`,
        because.inputs,
      )
      for (const reason of because.reasons)
        add(2, "reason", null, `${sign(reason.sign)} ${reason.words.zh}`, `${sign(reason.sign)} ${reason.words.en}`)
    }
    add(
      1,
      "alarm",
      alarm.raised_at,
      `报警 ${alarm.title.zh} · ${alarm.place.zh}`,
      `Alarm: ${alarm.title.en} · ${alarm.place.en}`,
      { id: alarm.id, severity: alarm.severity },
      `/duty?sel=alarm:${alarm.id}`,
    )
    for (const h of history.filter((x) => !x.action.startsWith("warning-"))) {
      const row = historyRow(h)
      add(
        2,
        "step",
        row.time,
        `${row.words.zh}（${by(row.actor).zh}）`,
        `${row.words.en} (${by(row.actor).en})`,
        row.detail,
      )
    }
  }
  for (const v of chain.versions) {
    const { words } = historyRow({
      city_time: v.city_time,
      actor: v.signed_by,
      action: `warning-${v.action}`,
      detail: null,
    })
    add(
      1,
      "warning",
      v.city_time,
      `${words.zh}，第 ${v.version} 版，${v.signed_by} 签字${v.note ? `：${v.note}` : ""}`,
      `${words.en}, version ${v.version}, signed by ${v.signed_by}${v.note ? `: ${v.note}` : ""}`,
    )
  }
  const orders = [...new Set(chain.events.map((e) => e.order_code))]
  for (const code of orders) {
    const own = chain.events.filter((e) => e.order_code === code)
    add(
      1,
      "order",
      own[0]?.city_time ?? null,
      `处置工单 ${code}`,
      `Work order ${code}`,
      null,
      `/response?order=${own[0]?.order_id}`,
    )
    for (const e of own) {
      const name = orderActionName(e.action)
      add(
        2,
        "step",
        e.city_time,
        `${name.zh}（${by(e.actor).zh}）${e.note ? `：${e.note}` : ""}`,
        `${name.en} (${by(e.actor).en})${e.note ? `: ${e.note}` : ""}`,
      )
    }
  }
  for (const p of chain.photos)
    add(
      2,
      "photo",
      p.city_time,
      `现场照片 ${p.hash.slice(0, 12)}（${p.taken_by}）`,
      `Photo ${p.hash.slice(0, 12)} (${p.taken_by})`,
      null,
      `/api/response/photos/${p.hash}`,
    )
  return lines
}

const sign = (s: string) => (s === "-" ? "−" : s)
const span = (from: number, to: number) => `${iso(from)} – ${iso(to)}`
/** A person's name is the same in both languages; the product itself has a word in each. */
const by = (actor: string): Words =>
  actor === "system" || actor === "系统" ? { zh: "系统", en: "system" } : { zh: actor, en: actor }
