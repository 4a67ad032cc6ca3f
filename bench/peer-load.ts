/** One turn of load on either engine: an even load with alarms and questions meanwhile, or as fast as it goes. */
import { settled } from "../scripts/instance.ts"
import { type Instance, pause, percentiles } from "./instance.ts"
import { alarmFigures, cross, delays, listenOurs, type Say, sayOurs } from "./peer-alarms.ts"
import { devices_a_gateway, gatewayCode, startOurs } from "./peer-ours.ts"
import * as size from "./peer-plan.ts"
import { askOurs, askVictoria, type QueryFigures } from "./peer-queries.ts"
import { startTheirs, type Theirs, writeLines } from "./peer-theirs.ts"
import { costOf } from "./processes.ts"
import { sender } from "./senders/index.ts"
import type { PeerPlan, PeerResult } from "./senders/peer.ts"
import { kindOf } from "./senders/peer-values.ts"
import { password } from "./world.ts"

/** What an even load cost. CPU and memory are those of all processes of the engine. */
export type Cost = PeerResult & { cpu_s: number; cores: number; pss_mb: number }
export type Even = Cost & { queries: QueryFigures; alarm_ms: number[]; alarms_untold: number }
export type Flat = PeerResult & { cpu_s: number; behind_ms: number }

/** Canaries of a turn. */
const canariesOf = (turn: number) =>
  Array.from({ length: size.crossings_a_turn }, (_, i) => turn * size.crossings_a_turn + i)
/** New series and cold caches cost VictoriaMetrics seconds of its first evaluations: crossings begin after those. */
const cross_after_ms = 8000
const ask_after_ms = 10_000

const mqttTo = (url: string): PeerPlan["to"] => ({
  kind: "mqtt",
  url,
  password,
  gateways: Array.from({ length: size.points / devices_a_gateway }, (_, g) => gatewayCode(g)),
})
const linesTo = (url: string, headers: Record<string, string>, lines_a_body: number): PeerPlan["to"] => ({
  kind: "lines",
  url: `${url}?precision=ms`,
  headers,
  bodies: size.points / lines_a_body,
  clients: size.clients,
})
const linesToOurs = (instance: Instance, lines_a_body: number) =>
  linesTo(`${instance.url}/api/ingest/write`, instance.headers, lines_a_body)

/** Runs a sender to its end and says what it cost the processes `pids` and their children. */
async function load(pids: readonly number[], plan: PeerPlan, meanwhile: () => Promise<void>): Promise<Cost> {
  const total = () => {
    const all = pids.map(costOf)
    return { cpu_s: all.reduce((n, c) => n + c.cpu_s, 0), pss_mb: all.reduce((n, c) => n + c.rss_mb, 0) }
  }
  const { connected, result } = sender<PeerPlan, PeerResult>("peer", plan)
  await connected
  const before = total()
  const began = performance.now()
  let pss_mb = before.pss_mb
  const watch = setInterval(() => {
    pss_mb = Math.max(pss_mb, total().pss_mb)
  }, 3000)
  try {
    const [done] = await Promise.all([result, meanwhile()])
    const wall_s = (performance.now() - began) / 1000
    const after = total()
    if (done.lost.length > 0) throw new Error(done.lost.join("; "))
    const cpu_s = after.cpu_s - before.cpu_s
    return { ...done, cpu_s, cores: cpu_s / wall_s, pss_mb: Math.max(pss_mb, after.pss_mb) }
  } finally {
    clearInterval(watch)
  }
}

const evenPlan = (to: PeerPlan["to"], seconds: number): PeerPlan => ({
  to,
  points: size.points,
  seconds,
  flat_out: null,
})

async function even(
  pids: readonly number[],
  to: PeerPlan["to"],
  turn: number,
  say: Say,
  ask: () => Promise<QueryFigures>,
): Promise<{ cost: Cost; sent: Map<string, number>; queries: QueryFigures }> {
  let sent = new Map<string, number>()
  let queries: QueryFigures | null = null
  const cost = await load(pids, evenPlan(to, size.even_s), async () => {
    const crossing = cross(say, canariesOf(turn), cross_after_ms)
    await pause(ask_after_ms)
    queries = await ask()
    sent = await crossing
  })
  return { cost, sent, queries: queries! }
}

/** Ours: the even load over MQTT, and where its HTTP door is open the same lines that VictoriaMetrics gets. */
export async function evenOurs(folder: string, turn: number, ids: Map<string, number>, end: number) {
  const instance = await startOurs(folder)
  try {
    await settled(instance.api)
    const { mqtt_url } = await instance.api.get<{ mqtt_url: string }>("/api/operate")
    const live = await listenOurs(instance)
    const watched = await sayOurs(mqtt_url)
    const { cost, sent, queries } = await even([instance.pid], mqttTo(mqtt_url), turn, watched.say, () =>
      askOurs(instance, ids, end),
    )
    await pause(2000)
    watched.close()
    const { ms, untold } = delays(sent, await live.end())
    const mqtt: Even = { ...cost, queries, alarm_ms: ms, alarms_untold: untold }
    const lines = (await takesLines(instance))
      ? await load(
          [instance.pid],
          evenPlan(linesToOurs(instance, size.lines_a_body), size.even_lines_s),
          async () => {},
        )
      : null
    return { mqtt, lines }
  } finally {
    await instance.stop()
  }
}

async function takesLines(instance: Instance): Promise<boolean> {
  const url = `${instance.url}/api/ingest/write`
  const answer = await fetch(url, { method: "POST", headers: instance.headers, body: "# nothing\n" })
  await answer.arrayBuffer()
  return answer.status !== 404
}

/** Theirs: the same, and the lines once more without alarms and questions, as ours has them. */
export async function evenTheirs(folder: string, turn: number, end: number): Promise<{ asked: Even; lines: Cost }> {
  const theirs = await startTheirs(folder, true)
  try {
    const say: Say = (canary, readings) => {
      const head = `m,device=${`C${canary}`} ${kindOf(canary)}=`
      return writeLines(theirs.url, readings.map(([time, value]) => `${head}${value} ${time}\n`).join(""))
    }
    const to = linesTo(`${theirs.url}/write`, {}, size.lines_a_body)
    const { cost, sent, queries } = await even(theirs.pids, to, turn, say, () => askVictoria(theirs.url, end))
    await pause(2000)
    const { ms, untold } = delays(sent, theirs.fired)
    const asked: Even = { ...cost, queries, alarm_ms: ms, alarms_untold: untold }
    const lines = await load(theirs.pids, evenPlan(to, size.even_lines_s), async () => {})
    return { asked, lines }
  } finally {
    await theirs.stop()
  }
}

const flatPlan = (to: PeerPlan["to"], from: number): PeerPlan => ({
  to,
  points: size.points,
  seconds: size.flat_out_s,
  // Each point's next value 100 ms later by its own time, so that the fastest engine does not reach the future.
  flat_out: { from, step_ms: 100 },
})

/** As fast as acknowledgements come, over MQTT and, where that door is open, as lines. */
export async function flatOutOurs(folder: string, from: number): Promise<{ mqtt: Flat; lines: Flat | null }> {
  const instance = await startOurs(folder)
  try {
    const { mqtt_url } = await instance.api.get<{ mqtt_url: string }>("/api/operate")
    const measured = async (to: PeerPlan["to"], at: number): Promise<Flat> => {
      const cost = await load([instance.pid], flatPlan(to, at), async () => {})
      const began = performance.now()
      await settled(instance.api)
      return { ...cost, behind_ms: Math.round(performance.now() - began) }
    }
    const mqtt = await measured(mqttTo(mqtt_url), from)
    const open = await takesLines(instance)
    const lines = open ? await measured(linesToOurs(instance, size.flat_out_lines_a_body), from + 120_000) : null
    return { mqtt, lines }
  } finally {
    await instance.stop()
  }
}

export async function flatOutTheirs(folder: string, from: number): Promise<Flat> {
  const theirs: Theirs = await startTheirs(folder, true)
  try {
    const to = linesTo(`${theirs.url}/write`, {}, size.flat_out_lines_a_body)
    return { ...(await load(theirs.pids, flatPlan(to, from), async () => {})), behind_ms: 0 }
  } finally {
    await theirs.stop()
  }
}

const mean = (of: readonly number[]) => of.reduce((n, v) => n + v, 0) / of.length
const rounded = (v: number, digits = 2) => Number(v.toFixed(digits))

/** Mean of the turns for what adds up, the worst turn for percentiles and memory. */
export const costFigures = (all: readonly Cost[]) => ({
  values_per_s: Math.round(mean(all.map((c) => c.values / c.seconds))),
  seconds: Math.round(all.reduce((n, c) => n + c.seconds, 0)),
  cpu_s: rounded(all.reduce((n, c) => n + c.cpu_s, 0)),
  cores: rounded(mean(all.map((c) => c.cores))),
  cores_by_turn: all.map((c) => rounded(c.cores)),
  cpu_s_per_million: rounded((1e6 * all.reduce((n, c) => n + c.cpu_s, 0)) / all.reduce((n, c) => n + c.values, 0)),
  pss_mb: Math.max(...all.map((c) => c.pss_mb)),
  ack_p50_ms: rounded(mean(all.map((c) => c.ack_p50_ms))),
  ack_p99_ms: Math.max(...all.map((c) => c.ack_p99_ms)),
  ack_max_ms: Math.max(...all.map((c) => c.ack_max_ms)),
})

export function evenFigures(all: readonly Even[]) {
  const query = (name: keyof QueryFigures) => percentiles(all.map((e) => e.queries[name])).p50
  const untold = all.reduce((n, e) => n + e.alarms_untold, 0)
  return {
    ...costFigures(all),
    latest_all_ms: query("latest_all_ms"),
    day_of_a_point_ms: query("day_of_a_point_ms"),
    year_of_a_point_ms: query("year_of_a_point_ms"),
    ...alarmFigures(
      all.flatMap((e) => e.alarm_ms),
      untold,
    ),
  }
}

/** The better turn: what else ran on the machine only ever makes it slower. */
export const flatFigures = (all: readonly Flat[]) => ({
  values_per_s: Math.round(Math.max(...all.map((f) => f.values / f.seconds))),
  values_per_s_by_turn: all.map((f) => Math.round(f.values / f.seconds)),
  cpu_s_per_million: rounded((1e6 * mean(all.map((f) => f.cpu_s))) / mean(all.map((f) => f.values))),
  ack_p99_ms: Math.max(...all.map((f) => f.ack_p99_ms)),
  detectors_behind_ms: Math.max(...all.map((f) => f.behind_ms)),
})
