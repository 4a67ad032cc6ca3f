import { fail, ok, type Problem, problem, type Result } from "../../../model/index.ts"
import type { MqttMessage } from "../../../platform/mqtt/index.ts"
import { after } from "../../../platform/timers/index.ts"
import { decodeReadings, instant } from "../decode.ts"
import { brief } from "../refused.ts"
import { collectBlocks, collectValues, type Sender, type Told, unknownDevice } from "./collect.ts"
import { type Delivery, newDelivery, type Take } from "./delivery.ts"
import type { Directory } from "./directory.ts"

/** Messages wait this long for others to be handed over together. */
const gather_ms = 20
/** They are handed over at once when so many rows, or bytes of waveforms, have gathered. */
const rows_max = 20_000
const block_bytes_max = 2 * 1024 * 1024

export type CollectorOptions = {
  directory(): Directory
  take: Take
  /** Whether ticks of messages move the clock (demo, replay). */
  ticks_allowed: boolean
  /** Tells a sender on its error topic why something was refused. */
  tellError(topic: string, payload: string): void
}

/** Rows and done of one message, to answer it when its delivery is durable. */
type Waiting = { done(): void; rows: number; blocks: number; error_topic: string }

/** Makes deliveries of MQTT messages and acknowledges each message when its delivery is durable. */
export function mqttCollector(options: CollectorOptions) {
  let delivery = newDelivery("mqtt")
  let waiting: Waiting[] = []
  let due = false

  function onMessage(message: MqttMessage) {
    const told = collect(message, delivery)
    delivery.messages++
    const error_topic = told.error_topic ?? ""
    waiting.push({ done: message.done, rows: delivery.readings.n, blocks: delivery.blocks.n, error_topic })
    for (const p of told.problems) if (error_topic) tell(error_topic, p)
    if (delivery.readings.n >= rows_max || delivery.blocks.bytes >= block_bytes_max) flush()
    else if (!due) {
      due = true
      after(gather_ms, () => {
        due = false
        flush()
      })
    }
  }

  /** Hands over what has gathered. */
  function flush() {
    if (waiting.length === 0) return
    const [handed, messages] = [delivery, waiting]
    delivery = newDelivery("mqtt", Math.max(64, Math.min(rows_max, handed.readings.n)))
    waiting = []
    void options.take(handed).then((receipt) => {
      for (const { kind, row, problem } of receipt.refused) {
        const message = messages.find((m) => row < (kind === "reading" ? m.rows : m.blocks))
        if (message?.error_topic) tell(message.error_topic, problem)
      }
      for (const m of messages) m.done()
    })
  }

  function tell(topic: string, found: Problem) {
    const { code, title, field, value } = brief(found)
    options.tellError(topic, JSON.stringify({ code, field, value, zh: title.zh, en: title.en }))
  }

  function collect(message: MqttMessage, into: Delivery): Told & { error_topic: string | null } {
    const { topic, payload, session } = message
    const sender: Sender = { door: "mqtt", client: session.name, topic, gateway: null }
    const refuse = (found: Problem, error_topic: string | null) => {
      const { gateway: _, ...from } = sender
      into.refused.push({ ...from, payload: Buffer.from(payload), problem: found })
      return { problems: [found], refused: 1, error_topic }
    }
    if (!session.mayPublish(topic)) return refuse(wrongTopic(topic), null)
    if (topic === "v1/clock") {
      const tick = tickOf(payload, options.ticks_allowed)
      if (!tick.ok) return refuse(tick.problem, null)
      into.ticks.push({ at: into.readings.n, time: tick.value })
      return { problems: [], refused: 0, error_topic: null }
    }
    const named = topicOf(topic)
    if (!named) return refuse(unknownTopic(topic), null)
    const { by, code, what } = named
    const error_topic = `v1/${by}/${code}/errors`
    const directory = options.directory()
    if (by === "gateways") {
      // An outside broker lets anybody name any gateway; one that is not registered speaks for no device.
      const gateway = directory.device(code)
      if (!gateway) return refuse(unknownDevice(code), error_topic)
      sender.gateway = gateway
    }
    const device = by === "devices" ? code : null
    if (what === "blocks") return { ...collectBlocks(directory, payload, device, sender, into), error_topic }
    const decoded = decodeReadings(payload, device)
    if (!decoded.ok) return refuse(decoded.problem, error_topic)
    return { ...collectValues(directory, decoded.value, payload, sender, into), error_topic }
  }

  return { onMessage, flush }
}

type Named = { by: "devices" | "gateways"; code: string; what: "readings" | "blocks" }
const topics = new Map<string, Named | null>()
const topics_kept_max = 200_000

/** Takes a topic apart; what was taken apart once is remembered, as a device says the same one for ever. */
function topicOf(topic: string): Named | null {
  const known = topics.get(topic)
  if (known !== undefined) return known
  const [version, by, code, what, more] = topic.split("/")
  const sound = version === "v1" && code !== undefined && more === undefined
  const named: Named | null =
    sound && (by === "devices" || by === "gateways") && (what === "readings" || what === "blocks")
      ? { by, code, what }
      : null
  if (topics.size < topics_kept_max) topics.set(topic, named)
  return named
}

function tickOf(payload: Buffer, allowed: boolean): Result<number> {
  if (!allowed) return fail(clockIsReal)
  let time: number | null = null
  try {
    time = instant((JSON.parse(payload.toString("utf8")) as { time?: unknown }).time)
  } catch {
    time = null // Refused below with the payload in quarantine.
  }
  return time === null ? fail(badTick) : ok(time)
}

const clockIsReal = problem(
  "clock-is-real",
  409,
  "本数据目录按真实时间运行，不接受时钟报文",
  "This data folder runs on real time and takes no clock messages",
)
const badTick = problem(
  "bad-field",
  400,
  '时钟报文应为 {"time": UTC 毫秒}',
  'A clock message is {"time": UTC milliseconds}',
  { field: "time" },
)
const wrongTopic = (topic: string) =>
  problem("wrong-topic", 403, `没有向 ${topic} 发布的权限`, `You may not publish to ${topic}`, {
    field: "topic",
    value: topic,
  })
const unknownTopic = (topic: string) =>
  problem(
    "unknown-topic",
    404,
    "主题应为 v1/devices/{设备}/readings 或 v1/gateways/{网关}/readings，波形为 …/blocks",
    "Publish to v1/devices/{device}/readings or v1/gateways/{gateway}/readings, waveforms to …/blocks",
    { field: "topic", value: topic },
  )
