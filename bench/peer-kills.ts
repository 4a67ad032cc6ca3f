/** What each engine still has after SIGKILL right behind an acknowledgement: numbered values, one message at a time. */
import { type Instance, pause, percentiles } from "./instance.ts"
import { killTree, startOurs } from "./peer-ours.ts"
import { canaryGateway, killedCode } from "./peer-plan.ts"
import { startTheirs, type Theirs, writeLines } from "./peer-theirs.ts"
import { treeOf } from "./processes.ts"
import { kindOf } from "./senders/peer-values.ts"
import { wire } from "./senders/wire.ts"
import { password } from "./world.ts"

export type KillCount = {
  kills: number
  acknowledged: number
  missing: number
  killed_after_ms: number[]
  start_ms: number[]
}
export const noKills = (): KillCount => ({ kills: 0, acknowledged: 0, missing: 0, killed_after_ms: [], start_ms: [] })

const indicator = kindOf(0)
const values_a_message = 100
const between_ms = 20
/** How long numbered values are sent before the kill: each time longer, so that it meets every moment of a flush. */
const lifeOf = (kill: number) => 400 + (kill % 4) * 350

/** Value n is −n and its time is `from` + n ms. Sends one message after another until `until`; returns the last n. */
async function sendNumbered(n: number, until: number, send: (first: number) => Promise<void>): Promise<number> {
  for (;;) {
    await send(n + 1)
    n += values_a_message
    if (performance.now() >= until) return n
    await pause(between_ms)
  }
}

const numbers = (first: number) => Array.from({ length: values_a_message }, (_, i) => first + i)

/** Kills ours `count` times and looks after each start; numbers begin after `n`. Returns the last number. */
export async function killOurs(folder: string, from: number, n: number, count: number, into: KillCount, id: number) {
  let instance = await startOurs(folder)
  try {
    for (let kill = 0; kill < count; kill++) {
      const { mqtt_url } = await instance.api.get<{ mqtt_url: string }>("/api/operate")
      const gateway = await numberedGateway(mqtt_url, from)
      const pids = treeOf(instance.pid)
      const last = await sendNumbered(n, performance.now() + lifeOf(kill), gateway.send)
      const acked_at = performance.now()
      const killed = killTree(pids)
      into.killed_after_ms.push(performance.now() - acked_at)
      await killed
      gateway.close()
      instance = await startOurs(folder)
      into.start_ms.push(instance.answered_ms)
      into.missing += missing(n, last, await numbersOfOurs(instance, id, from, n, last))
      into.acknowledged += last - n
      into.kills++
      n = last
    }
    return n
  } finally {
    await instance.stop()
  }
}

async function numberedGateway(mqtt_url: string, from: number) {
  let acknowledged: (() => void) | null = null
  const gateway = await wire({
    url: mqtt_url,
    username: canaryGateway,
    password,
    topic: `v1/gateways/${canaryGateway}/readings`,
    inflight_max: 1,
    onAck: () => acknowledged?.(),
    onLost: () => {}, // It is killed.
  })
  return {
    async send(first: number) {
      const items = numbers(first).map((v) => ({ device: killedCode, time: from + v, values: { [indicator]: -v } }))
      const told = new Promise<void>((done) => {
        acknowledged = done
      })
      gateway.publish(Buffer.from(JSON.stringify(items)))
      await told
    },
    close: gateway.close,
  }
}

async function numbersOfOurs(instance: Instance, id: number, from: number, n: number, last: number) {
  const found = new Set<number>()
  const rows_max = 4000
  for (let at = n + 1; at <= last; at += rows_max / 2) {
    const span = `from=${from + at}&to=${from + Math.min(last + 1, at + rows_max / 2)}`
    const path = `/api/monitoring/curves?points=${id}&${span}&max=${rows_max}`
    for (const { value } of await instance.api.get<{ value: number[] }[]>(path)) for (const v of value) found.add(-v)
  }
  return found
}

/** The same for VictoriaMetrics; with `flush`, a message counts as acknowledged when a force_flush has answered too. */
export async function killTheirs(
  folder: string,
  from: number,
  n: number,
  count: number,
  into: KillCount,
  flush: boolean,
) {
  let theirs = await startTheirs(folder, false)
  try {
    for (let kill = 0; kill < count; kill++) {
      const { url } = theirs
      const last = await sendNumbered(n, performance.now() + lifeOf(kill), async (first) => {
        const lines = numbers(first).map((v) => `m,device=${killedCode} ${indicator}=${-v} ${from + v}\n`)
        await writeLines(url, lines.join(""))
        if (flush) await (await fetch(`${url}/internal/force_flush`)).arrayBuffer()
      })
      const acked_at = performance.now()
      const killed = theirs.kill()
      into.killed_after_ms.push(performance.now() - acked_at)
      await killed
      const began = performance.now()
      theirs = await startTheirs(folder, false)
      into.start_ms.push(performance.now() - began)
      into.missing += missing(n, last, await numbersOfTheirs(theirs, from, n, last))
      into.acknowledged += last - n
      into.kills++
      n = last
    }
    return n
  } finally {
    await theirs.stop()
  }
}

/** Raw values by their export; asked again where nothing is there yet, as an index may need a moment. */
async function numbersOfTheirs(theirs: Theirs, from: number, n: number, last: number): Promise<Set<number>> {
  const found = new Set<number>()
  const range = { start: String((from + n) / 1000), end: String((from + last + 1) / 1000) }
  const query = new URLSearchParams({ "match[]": `${indicator}{device="${killedCode}"}`, ...range })
  for (let tries = 0; tries < 3 && found.size < last - n; tries++) {
    if (tries > 0) await pause(300)
    const text = await (await fetch(`${theirs.url}/api/v1/export?${query}`)).text()
    for (const line of text.split("\n"))
      if (line !== "") for (const v of (JSON.parse(line) as { values: number[] }).values) found.add(-v)
  }
  return found
}

function missing(n: number, last: number, found: ReadonlySet<number>): number {
  let count = 0
  for (let v = n + 1; v <= last; v++) if (!found.has(v)) count++
  return count
}

export const killFigures = (k: KillCount) => ({
  kills: k.kills,
  acknowledged: k.acknowledged,
  missing: k.missing,
  killed_after_ack_ms: percentiles(k.killed_after_ms).p50,
  start_after_kill_ms: Math.round(percentiles(k.start_ms).p50),
})
