import {
  appendReading,
  type Problem,
  problem,
  quality,
  type ReadingBatch,
  readingBatch,
  type Tick,
} from "../../model/index.ts"
import type { MqttMessage } from "../../platform/mqtt/index.ts"
import type { Commit, Series } from "../../platform/series/index.ts"
import { checkReading, nextTrace, type PointTrace } from "./check.ts"
import { decodeReadings, instant, type SaidValue } from "./decode.ts"
import type { Registry } from "./registry.ts"
import type { QuarantineEntry } from "./store.ts"

/** Rows in one commit at most; what comes beyond is the next commit. How much is held at all is bounded by the doors. */
export const rows_a_commit_max = 200_000
const quarantine_a_commit_max = 5000
/** A commit begins before its interval is over when this many rows wait. */
const rows_due = 20_000
/** Values of one message that are refused one by one; the rest of them are one line with the whole message. */
export const refused_a_message_max = 20

export type IntakeOptions = {
  series: Series
  /** City time, or null before the first tick of a replay. */
  now(): number | null
  wall(): number
  /** Whether ticks of messages move the clock (demo, replay). */
  ticks_allowed: boolean
  registry(): Registry
  quarantine(entries: QuarantineEntry[]): Promise<void>
  /** Tells a sender on its error topic why something was refused. */
  tellError(topic: string, payload: string): void
  /** After durability, in order of batches; a promise slows the doors down until it is settled. */
  committed(commit: Commit): Promise<void>
  trouble(what: string, problem: Problem | null): void
  retry(ms: number): Promise<void>
}

type Pending = { batch: ReadingBatch; ticks: Tick[]; done: (() => void)[]; quarantine: QuarantineEntry[] }
const fresh = (): Pending => ({ batch: readingBatch(1024), ticks: [], done: [], quarantine: [] })

export type IntakeCounts = {
  readings: number
  messages: number
  refused: number
  duplicates: number
  conflicts: number
  late: number
  ticks: number
}
export type Intake = ReturnType<typeof createIntake>

/** The one path behind every door: decode, check, commit, acknowledge, tell detectors. */
export function createIntake(options: IntakeOptions) {
  const traces = new Map<number, PointTrace>()
  for (const l of options.series.latest()) traces.set(l.point, { time: l.time, value: l.value, same: 1 })
  const counts: IntakeCounts = { readings: 0, messages: 0, refused: 0, duplicates: 0, conflicts: 0, late: 0, ticks: 0 }
  let pending = fresh()
  /** Full commits that wait for their turn, oldest first, and the rows of the one under way. */
  const full: Pending[] = []
  let rows_under_way = 0
  let committing: Promise<void> | null = null
  // Before its commit a tick already bounds what "the future" means for the readings behind it on the same connection.
  let now_said: number | null = options.series.lastTick()
  let last_hour = Number.NEGATIVE_INFINITY
  const refused_clients = new Set<string>()

  function refuse(entry: Omit<QuarantineEntry, "arrived_at">, error_topic: string | null) {
    counts.refused++
    const problem = brief(entry.problem)
    pending.quarantine.push({ ...entry, problem, arrived_at: options.wall() })
    if (error_topic) {
      const { code, title, field, value } = problem
      options.tellError(error_topic, JSON.stringify({ code, field, value, zh: title.zh, en: title.en }))
    }
  }

  /** Takes one message; its `done` is called when everything in it is durable: as readings or in quarantine. */
  function accept(message: MqttMessage) {
    counts.messages++
    pending.done.push(message.done)
    const { topic, payload, session } = message
    const parts = topic.split("/")
    const door = { door: "mqtt", client: session.name, topic, payload }
    if (!session.mayPublish(topic)) {
      refuse(
        {
          ...door,
          problem: problem("wrong-topic", 403, `没有向 ${topic} 发布的权限`, `You may not publish to ${topic}`, {
            field: "topic",
            value: topic,
          }),
        },
        null,
      )
    } else if (topic === "v1/clock") {
      takeTick(message)
    } else if (
      parts.length === 4 &&
      parts[0] === "v1" &&
      (parts[1] === "devices" || parts[1] === "gateways") &&
      parts[3] === "readings"
    ) {
      takeReadings(message, parts[1], parts[2]!)
    } else {
      refuse(
        {
          ...door,
          problem: problem(
            "unknown-topic",
            404,
            "主题应为 v1/devices/{设备}/readings 或 v1/gateways/{网关}/readings",
            "Publish to v1/devices/{device}/readings or v1/gateways/{gateway}/readings",
            { field: "topic", value: topic },
          ),
        },
        null,
      )
    }
    if (pending.batch.n >= rows_a_commit_max || pending.quarantine.length >= quarantine_a_commit_max) {
      full.push(pending)
      pending = fresh()
    }
    if (full.length > 0 || pending.batch.n >= rows_due) void commit()
  }

  function takeTick({ topic, payload, session }: MqttMessage) {
    let time: number | null = null
    try {
      time = instant((JSON.parse(payload.toString("utf8")) as { time?: unknown }).time)
    } catch {
      time = null // Refused below with the payload in quarantine.
    }
    const wrong = !options.ticks_allowed
      ? problem(
          "clock-is-real",
          409,
          "本数据目录按真实时间运行，不接受时钟报文",
          "This data folder runs on real time and takes no clock messages",
        )
      : time === null
        ? problem(
            "bad-field",
            400,
            '时钟报文应为 {"time": UTC 毫秒}',
            'A clock message is {"time": UTC milliseconds}',
            { field: "time" },
          )
        : null
    if (wrong || time === null) {
      refuse({ door: "mqtt", client: session.name, topic, payload, problem: wrong! }, null)
      return
    }
    if (now_said !== null && time < now_said) return // Never backwards: an old tick changes nothing.
    now_said = time
    counts.ticks++
    pending.ticks.push({ at: pending.batch.n, time })
  }

  function takeReadings({ topic, payload, session }: MqttMessage, kind: string, code: string) {
    const error_topic = `v1/${kind}/${code}/errors`
    const door = { door: "mqtt", client: session.name, topic }
    const decoded = decodeReadings(payload, kind === "devices" ? code : null)
    if (!decoded.ok) return refuse({ ...door, payload, problem: decoded.problem }, error_topic)
    const registry = options.registry()
    const gateway = kind === "gateways" ? registry.devices.get(code) : undefined
    // An outside broker lets anybody name any gateway; one that is not registered speaks for no device.
    if (kind === "gateways" && !gateway) return refuse({ ...door, payload, problem: unknownDevice(code) }, error_topic)
    let refused = 0
    const refuseValue = (found: Problem, said: SaidValue | null) => {
      if (++refused > refused_a_message_max) counts.refused++
      else refuse({ ...door, payload: said ? Buffer.from(JSON.stringify(said)) : payload, problem: found }, error_topic)
    }
    for (const p of decoded.value.problems) refuseValue(p.problem, null)
    const now = options.now() === null ? now_said : Math.max(options.now()!, now_said ?? 0)
    const arrived = now ?? options.wall()
    for (const said of decoded.value.values) {
      const point = registry.points_of.get(said.device)?.get(said.indicator)
      if (!point || (gateway && point.device.gateway_id !== gateway.id)) {
        const known = registry.devices.get(said.device)
        const names = known ? [...registry.points_of.get(said.device)!.keys()].join(", ") : ""
        refuseValue(
          unknownPoint(
            said.device,
            said.indicator,
            known !== undefined,
            names,
            gateway !== undefined && point !== undefined,
          ),
          said,
        )
        continue
      }
      const checked = checkReading(said, point, point.spec, traces.get(point.id), now ?? said.time)
      if (!checked.ok) {
        refuseValue(checked.problem, said)
        continue
      }
      if (checked.value.flags & quality.late) counts.late++
      traces.set(point.id, nextTrace(traces.get(point.id), said.time, checked.value.value))
      pending.batch = appendReading(
        pending.batch,
        point.id,
        said.time,
        said.sequence,
        checked.value.value,
        checked.value.flags,
        arrived,
      )
    }
    const more = refused - refused_a_message_max
    if (more > 0) {
      counts.refused--
      refuse(
        {
          ...door,
          payload,
          problem: problem(
            "more-refused",
            400,
            `此报文另有 ${more} 个值被拒绝，先改正前 ${refused_a_message_max} 个`,
            `${more} more values of this message were refused; correct the first ${refused_a_message_max}`,
            { field: "payload", value: more },
          ),
        },
        error_topic,
      )
    }
  }

  /** Commits what is pending, then acknowledges, then tells; one at a time, in order. */
  function commit(): Promise<void> {
    committing ??= commitNow().finally(() => {
      committing = null
    })
    return committing
  }

  async function commitNow() {
    while (full.length > 0) await keepSurely(full.shift()!)
    if (
      pending.batch.n === 0 &&
      pending.ticks.length === 0 &&
      pending.quarantine.length === 0 &&
      pending.done.length === 0
    )
      return
    const taken = pending
    pending = fresh()
    await keepSurely(taken)
  }

  /** Tries until it is done. Nothing is acknowledged and nothing dropped meanwhile: the senders keep it, and so do we. */
  async function keepSurely(taken: Pending) {
    rows_under_way = taken.batch.n
    const wait_ms_max = 5000
    const done: Done = { commit: null, acknowledged: false }
    for (let attempt = 0; ; attempt++) {
      try {
        await keep(taken, done)
        if (attempt > 0) options.trouble("commit", null)
        rows_under_way = 0
        return
      } catch (error) {
        const found =
          (error as { problem?: Problem }).problem ??
          problem(
            "commit-failed",
            503,
            `读数无法写入：${(error as Error).message}`,
            `Readings cannot be written: ${(error as Error).message}`,
          )
        options.trouble("commit", found)
        await options.retry(Math.min(100 * 2 ** attempt, wait_ms_max))
      }
    }
  }

  /** Durable, then acknowledged, then told. A retry goes on where it failed: readings that are in are not written again. */
  async function keep(taken: Pending, done: Done) {
    const has_data = taken.batch.n > 0 || taken.ticks.length > 0
    done.commit ??= has_data
      ? await options.series.commit(taken.batch, taken.ticks)
      : nothing(options.series.lastBatch())
    const { commit } = done
    if (!done.acknowledged) {
      const conflicts = commit.conflicts.map((c) => conflictEntry(c, options.registry(), options.wall()))
      await options.quarantine([...taken.quarantine, ...conflicts])
      done.acknowledged = true
      counts.readings += commit.readings.n
      counts.duplicates += commit.duplicates
      counts.conflicts += commit.conflicts.length
      for (const release of taken.done) release()
    }
    if (has_data) await options.committed(commit)
  }

  return {
    accept,
    commit,
    counts,
    /** Adds a tick of the city's own clock (real mode). */
    tick(time: number) {
      if (now_said !== null && time <= now_said) return
      now_said = time
      pending.ticks.push({ at: pending.batch.n, time })
    },
    /** Puts something that never became a message into quarantine (a refused connection). */
    refuse: (entry: Omit<QuarantineEntry, "arrived_at">) => {
      // One line an hour and client is enough: a broken device reconnects all day.
      if (options.wall() - last_hour > 3_600_000) {
        refused_clients.clear()
        last_hour = options.wall()
      }
      const key = `${entry.client.slice(0, 100)}/${entry.problem.code}`
      counts.refused++
      if (refused_clients.has(key) || refused_clients.size > 1000) return
      refused_clients.add(key)
      pending.quarantine.push({ ...entry, arrived_at: options.wall() })
    },
    /** Rows that are not durable and told yet. */
    pending: () => full.reduce((sum, p) => sum + p.batch.n, pending.batch.n + rows_under_way),
  }
}

type Done = { commit: Commit | null; acknowledged: boolean }

const nothing = (batch: number): Commit => ({
  batch,
  readings: readingBatch(0),
  ticks: [],
  duplicates: 0,
  conflicts: [],
})

function unknownPoint(device: string, indicator: string, known: boolean, names: string, foreign: boolean): Problem {
  if (foreign)
    return problem(
      "wrong-gateway",
      403,
      `设备 ${device} 不属于此网关`,
      `The device ${device} does not belong to this gateway`,
      { field: "device", value: device },
    )
  if (!known) return unknownDevice(device)
  return problem(
    "unknown-point",
    404,
    `设备 ${device} 没有指标 ${indicator}，已登记：${names}`,
    `The device ${device} has no indicator ${indicator}; it has ${names}`,
    { field: "indicator", value: indicator },
  )
}

function conflictEntry(c: Commit["conflicts"][number], registry: Registry, wall: number): QuarantineEntry {
  const point = registry.points.get(c.point)
  return {
    arrived_at: wall,
    door: "mqtt",
    client: point?.device.code ?? "",
    topic: "",
    payload: Buffer.from(JSON.stringify({ ...c, indicator: point?.indicator })),
    problem: problem(
      "conflict",
      409,
      `同一时刻已有不同的值 ${c.standing}，先到的有效；更正请换 sequence`,
      `Another value ${c.standing} stands under this time; the first stands, a correction needs another sequence`,
      { field: "value", value: c.value },
    ),
  }
}

const unknownDevice = (device: string) =>
  problem(
    "unknown-device",
    404,
    `设备 ${device} 未登记，请先在设备台账登记`,
    `The device ${device} is not registered; register it in the device ledger first`,
    { field: "device", value: device },
  )

const text_length_max = 200

/** A problem short enough to store and to send back: a device may have sent 256 KB under one name, or any depth of lists. */
function brief(p: Problem): Problem {
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
