/**
 * A process that sends the slow points of the comparison to either engine: over MQTT, a gateway for each hundred devices,
 * or as Influx lines over HTTP in bodies of many lines. At an even rate, or as fast as acknowledgements come.
 */
import { Agent, request } from "node:http"
import { kindOf, pointCode, valueText } from "./peer-values.ts"
import { type Histogram, histogram, type Wire, wire, wires } from "./wire.ts"

export type PeerPlan = {
  to:
    | { kind: "mqtt"; url: string; password: string; gateways: string[] }
    | { kind: "lines"; url: string; headers: Record<string, string>; bodies: number; clients: number }
  points: number
  seconds: number
  /** Event time of the first round, UTC ms. Null sends an even load: each point once a second, at its own moment. */
  flat_out: { from: number; step_ms: number } | null
}
export type PeerResult = {
  values: number
  seconds: number
  ack_p50_ms: number
  ack_p99_ms: number
  ack_max_ms: number
  lost: string[]
}

/** A road to the engine: `send` is false where no more may be under way. Group g has the points [from, to). */
type Road = { groups: number; send(group: number, round: number, at: number): boolean; close(): void }
type Told = { acks: Histogram; lost(reason: string): void }

/** Messages under way of one gateway: an even load may wait for a slow commit, a flood need not queue for seconds. */
const inflight = { even: 20, flat_out: 5 }
const rest_ms = 3

async function mqttRoad(plan: PeerPlan, to: PeerPlan["to"] & { kind: "mqtt" }, told: Told): Promise<Road> {
  const inflight_max = plan.flat_out ? inflight.flat_out : inflight.even
  const open = (code: string) =>
    wire({
      url: to.url,
      username: code,
      password: to.password,
      topic: `v1/gateways/${code}/readings`,
      inflight_max,
      onAck: told.acks.add,
      onLost: told.lost,
    })
  const all: Wire[] = await wires(to.gateways.length, (i) => open(to.gateways[i]!))
  const size = plan.points / all.length
  const heads = Array.from({ length: plan.points }, (_, k) => `"${pointCode(k)}":{"${kindOf(k)}":`)
  return {
    groups: all.length,
    send(group, round, at) {
      if (all[group]!.inflight() >= inflight_max) return false
      let text = ""
      for (let k = group * size; k < (group + 1) * size; k++)
        text += `${text === "" ? "" : ","}${heads[k]}${valueText(k, round)}}`
      return all[group]!.publish(Buffer.from(`{"time":${Math.round(at)},"readings":{${text}}}`))
    },
    close: () => all.forEach((w) => void w.close()),
  }
}

function linesRoad(plan: PeerPlan, to: PeerPlan["to"] & { kind: "lines" }, told: Told): Road {
  const agent = new Agent({ keepAlive: true, maxSockets: to.clients })
  const size = plan.points / to.bodies
  const heads = Array.from({ length: plan.points }, (_, k) => `m,device=${pointCode(k)} ${kindOf(k)}=`)
  let under_way = 0
  return {
    groups: to.bodies,
    send(group, round, at) {
      if (under_way >= to.clients) return false
      under_way++
      let text = ""
      const tail = ` ${Math.round(at)}\n`
      for (let k = group * size; k < (group + 1) * size; k++) text += heads[k] + valueText(k, round) + tail
      const began = performance.now()
      const body = Buffer.from(text)
      const headers = { ...to.headers, "content-length": body.length, "content-type": "text/plain" }
      const sent = request(to.url, { method: "POST", agent, headers }, (answer) => {
        answer.resume()
        answer.once("end", () => {
          under_way--
          if (answer.statusCode === 204) told.acks.add(performance.now() - began)
          else told.lost(`${to.url} answered ${answer.statusCode}`)
        })
      })
      sent.once("error", (error) => told.lost(error.message))
      sent.end(body)
      return true
    },
    close: () => agent.destroy(),
  }
}

async function run(plan: PeerPlan): Promise<PeerResult> {
  const acks = histogram()
  const lost: string[] = []
  const told: Told = { acks, lost: (reason) => void lost.push(reason) }
  const road = plan.to.kind === "mqtt" ? await mqttRoad(plan, plan.to, told) : linesRoad(plan, plan.to, told)
  process.send?.("connected")
  const began = performance.now()
  const base = Date.now()
  let sent = 0
  /** Group sent / groups is the round; in an even load its moment is that many seconds after the begin. */
  const send = () => {
    const round = Math.floor(sent / road.groups)
    const at = plan.flat_out ? plan.flat_out.from + round * plan.flat_out.step_ms : base + (sent / road.groups) * 1000
    if (!road.send(sent % road.groups, round, at)) return false
    sent++
    return true
  }
  while (performance.now() - began < plan.seconds * 1000 && lost.length === 0) {
    const passed_s = (performance.now() - began) / 1000
    const due = plan.flat_out ? Number.POSITIVE_INFINITY : passed_s * road.groups
    while (sent < due && send()) if (performance.now() - began > plan.seconds * 1000) break
    await new Promise((go) => setTimeout(go, plan.flat_out ? 0 : rest_ms))
  }
  const sending_s = (performance.now() - began) / 1000
  while (acks.count() < sent && performance.now() - began < (sending_s + 20) * 1000 && lost.length === 0)
    await new Promise((go) => setTimeout(go, rest_ms))
  // As fast as it goes, the last acknowledgement ends the measure: what merely waits has not been taken.
  const seconds = plan.flat_out ? (performance.now() - began) / 1000 : sending_s
  if (acks.count() < sent) lost.push(`${sent - acks.count()} of ${sent} messages were not acknowledged`)
  road.close()
  return {
    values: (acks.count() * plan.points) / road.groups,
    seconds,
    ack_p50_ms: acks.p(0.5),
    ack_p99_ms: acks.p(0.99),
    ack_max_ms: acks.max(),
    lost: lost.slice(0, 3),
  }
}

process.on("message", (plan: PeerPlan) => {
  run(plan).then(
    (result) => process.send?.(result, () => process.exit(0)),
    (error: Error) => {
      console.error(error.stack)
      process.exit(1)
    },
  )
})
