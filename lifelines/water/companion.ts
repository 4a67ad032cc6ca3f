/** Reads the companion of a network file: which nodes and links carry instruments, and how often they say a value. */
import type { InpProblem } from "./inp.ts"

export type Instrument = { id: string; name: string | null; interval_s: number }
export type Companion = {
  pressure_sensors: Instrument[]
  flow_sensors: Instrument[]
  level_sensors: Instrument[]
  amrs: Instrument[]
  /** False where the file's coordinates are surveyed, although they are local. */
  schematic: boolean | null
}

export const companion_lists = ["pressure_sensors", "flow_sensors", "level_sensors", "amrs"] as const

/** Usual interval of each list in seconds, used where the companion names none. */
const interval_s_default = { pressure_sensors: 300, flow_sensors: 300, level_sensors: 300, amrs: 3600 } as const
const interval_s_max = 86_400
const instruments_max = 100_000

/**
 * Accepts `{ pressure_sensors: ["n1", { id: "n2", name: "…" }], flow_sensors, level_sensors, amrs }`, each list plain
 * or as `{ ids: […], interval_s: 30 }`; `interval_s` may also be one number or a map by list beside the lists.
 */
export function readCompanion(raw: unknown, problems: InpProblem[]): Companion {
  const companion: Companion = {
    pressure_sensors: [],
    flow_sensors: [],
    level_sensors: [],
    amrs: [],
    schematic: null,
  }
  if (raw === null || raw === undefined) return companion
  const say = (field: string, value: unknown, zh: string, en: string): void => {
    problems.push({ line: null, field, value: String(value).slice(0, 80), words: { zh, en }, blocks: true })
  }
  if (!isRecord(raw)) {
    say("companion", typeof raw, "仪表清单应为 JSON 对象", "The companion must be a JSON object of instrument lists")
    return companion
  }
  if (typeof raw.schematic === "boolean") companion.schematic = raw.schematic
  for (const list of companion_lists) {
    const entry = raw[list]
    if (entry === undefined) continue
    const ids = isRecord(entry) ? entry.ids : entry
    const beside = isRecord(raw.interval_s) ? raw.interval_s[list] : raw.interval_s
    const given = (isRecord(entry) ? entry.interval_s : undefined) ?? beside ?? interval_s_default[list]
    const interval_s = Number(given)
    if (!(interval_s > 0 && interval_s <= interval_s_max)) {
      say(
        `${list}.interval_s`,
        given,
        `采样间隔应为 1 至 ${interval_s_max} 秒的数字`,
        `interval_s of ${list} must be a number of seconds from 1 to ${interval_s_max}`,
      )
      continue
    }
    if (!Array.isArray(ids) || ids.length > instruments_max) {
      say(
        list,
        ids,
        `${list} 应为编号列表（至多 ${instruments_max} 个）`,
        `${list} must be a list of at most ${instruments_max} ids`,
      )
      continue
    }
    const seen = new Set<string>()
    for (const item of ids) {
      const id = isRecord(item) ? item.id : item
      if (typeof id !== "string" || id === "") {
        say(
          list,
          JSON.stringify(item),
          `${list} 中有无编号的一项`,
          `An entry of ${list} has no id; write its EPANET id`,
        )
      } else if (seen.has(id)) {
        say(list, id, `${list} 中 ${id} 出现两次，请删去一个`, `${id} stands twice in ${list}; remove one`)
      } else {
        seen.add(id)
        const own = isRecord(item) && typeof item.interval_s === "number" ? item.interval_s : interval_s
        companion[list].push({ id, name: isRecord(item) && item.name ? String(item.name) : null, interval_s: own })
      }
    }
  }
  return companion
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
