/** What goes to quarantine of rows that the doors took and the road did not: as the device said it, by its codes. */
import { type Problem, problem, rawSamples } from "../../model/index.ts"
import { encodeBlocks } from "../../platform/blocks/index.ts"
import type { BlockConflict, Commit, Conflict } from "../../platform/series/index.ts"
import type { Delivery, Refusal } from "./doors/delivery.ts"
import type { Part } from "./pending.ts"
import type { Registry } from "./registry.ts"

/** What the road refused of a delivery. */
export const refusedRows = (part: Part, registry: Registry): Refusal[] =>
  part.refused.map(({ kind, row, problem }) =>
    (kind === "reading" ? refusedReading : refusedBlock)(part.delivery, row, problem, registry),
  )

/** What a commit refused of what these parts brought; the parts are told. */
export const conflictsOf = (commit: Commit, parts: readonly Part[], registry: Registry): Refusal[] => [
  ...commit.conflicts.map((c) => conflict(c, parts, registry)),
  ...commit.block_conflicts.map((c) => blockConflict(c, parts, registry)),
]

const clients_max = 1000

/** True for the first refusal of a client and kind in an hour: a broken device reconnects all day. */
export function seldom(wall: () => number): (entry: Refusal) => boolean {
  let last_hour = Number.NEGATIVE_INFINITY
  const known = new Set<string>()
  return (entry) => {
    if (wall() - last_hour > 3_600_000) {
      known.clear()
      last_hour = wall()
    }
    const key = `${entry.client.slice(0, 100)}/${entry.problem.code}`
    if (known.has(key) || known.size > clients_max) return false
    known.add(key)
    return true
  }
}

/** A reading of a delivery that is refused. */
function refusedReading(d: Delivery, row: number, problem: Problem, registry: Registry): Refusal {
  const { readings } = d
  const { client, ...names } = namesOf(registry, readings.point[row]!)
  const said = { ...names, time: readings.time[row]!, sequence: readings.sequence[row]!, value: readings.value[row]! }
  return { door: d.door, client, topic: "", payload: Buffer.from(JSON.stringify(said)), problem }
}

/** A waveform block of a delivery that is refused, in the wire format. */
function refusedBlock(d: Delivery, row: number, problem: Problem, registry: Registry): Refusal {
  const { blocks } = d
  const { client, ...names } = namesOf(registry, blocks.point[row]!)
  const payload = encodeBlocks([
    {
      ...names,
      unit: "",
      start: blocks.start[row]!,
      sequence: blocks.sequence[row]!,
      rate_hz: blocks.rate_hz[row]!,
      count: blocks.count[row]!,
      encoding: blocks.encoding[row]!,
      scale: blocks.scale[row]!,
      offset: blocks.offset[row]!,
      flags: 0,
      data: rawSamples(blocks, row),
    },
  ])
  return { door: d.door, client, topic: "", payload, problem }
}

/** A reading under whose key another value stands; the part that brought it is told. */
function conflict(c: Conflict, parts: readonly Part[], registry: Registry): Refusal {
  const found = problem(
    "conflict",
    409,
    `同一时刻已有不同的值 ${c.standing}，先到的有效；更正请换 sequence`,
    `Another value ${c.standing} stands under this time; the first stands, a correction needs another sequence`,
    { field: "value", value: c.value },
  )
  for (const part of parts) {
    const { readings } = part.delivery
    for (let row = 0; row < readings.n; row++) {
      const same =
        readings.point[row] === c.point &&
        readings.time[row] === c.time &&
        readings.sequence[row] === c.sequence &&
        readings.value[row] === c.value
      if (!same) continue
      part.refused.push({ kind: "reading", row, problem: found })
      return refusedReading(part.delivery, row, found, registry)
    }
  }
  const { client, ...names } = namesOf(registry, c.point)
  return { door: "", client, topic: "", payload: Buffer.from(JSON.stringify({ ...names, ...c })), problem: found }
}

/** The same for a waveform block. */
function blockConflict(c: BlockConflict, parts: readonly Part[], registry: Registry): Refusal {
  const found = problem(
    "conflict",
    409,
    "同一起始时刻已有不同的波形块，先到的有效；更正请换 sequence",
    "Another waveform block stands under this start; the first stands, a correction needs another sequence",
    { field: "start", value: c.start },
  )
  // The last one of that key: the first may be the one that stands.
  for (const part of parts.toReversed()) {
    const { blocks } = part.delivery
    for (let row = blocks.n - 1; row >= 0; row--) {
      if (blocks.point[row] !== c.point || blocks.start[row] !== c.start || blocks.sequence[row] !== c.sequence)
        continue
      if (part.refused.some((r) => r.kind === "block" && r.row === row)) continue
      part.refused.push({ kind: "block", row, problem: found })
      return refusedBlock(part.delivery, row, found, registry)
    }
  }
  const { client, ...names } = namesOf(registry, c.point)
  return { door: "", client, topic: "", payload: Buffer.from(JSON.stringify({ ...names, ...c })), problem: found }
}

function namesOf(registry: Registry, id: number): { client: string; device: string; indicator: string } {
  const point = registry.points.get(id)
  const device = point?.device.code ?? ""
  return { client: device, device, indicator: point?.indicator ?? String(id) }
}

const text_length_max = 200

/** A problem short enough to store and to send back: a device may have sent 256 KB under one name, or any depth of lists. */
export function brief(p: Problem): Problem {
  const cut = (text: string) => (text.length > text_length_max ? `${text.slice(0, text_length_max)}…` : text)
  const { field, value, ...rest } = p
  const shown =
    typeof value === "string"
      ? cut(value)
      : Array.isArray(value)
        ? `[${value.length}]`
        : typeof value === "object" && value !== null
          ? "{…}"
          : value
  return {
    ...rest,
    title: { zh: cut(p.title.zh), en: cut(p.title.en) },
    ...(field !== undefined && { field: cut(field) }),
    ...(shown !== undefined && { value: shown }),
  }
}
