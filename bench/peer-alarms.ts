/** From a value that crosses its limit to the alarm at whoever listens, on either engine. */
import { type Instance, pause, percentiles } from "./instance.ts"
import { limit } from "./peer-lifeline/index.ts"
import { canaryCode, canaryGateway } from "./peer-plan.ts"
import type { Firing } from "./peer-theirs.ts"
import { kindOf } from "./senders/peer-values.ts"
import { type Wire, wire } from "./senders/wire.ts"
import { password } from "./world.ts"

/** Says values of a watched point, oldest first; resolves when they are acknowledged. */
export type Say = (canary: number, readings: [time: number, value: number][]) => Promise<void>

const step_ms = 100
const between_ms = 700

/**
 * Lets one point after another cross its limit, by two values 100 ms apart in one message, as ours asks for two. Says
 * when each was sent, by device.
 */
export async function cross(say: Say, canaries: readonly number[], after_ms: number): Promise<Map<string, number>> {
  const sent = new Map<string, number>()
  // Every point is known before it crosses: a new series costs VictoriaMetrics more than a value.
  for (const c of canaries) await say(c, [[Date.now() - 1000, limit - 40]])
  await pause(after_ms)
  for (const c of canaries) {
    const at = Date.now()
    sent.set(canaryCode(c), at)
    const said = say(c, [
      [at - step_ms, limit + 5],
      [at, limit + 6],
    ])
    await pause(between_ms)
    await said
  }
  return sent
}

/** Percentiles over the crossings that were told; how many were not. */
export function delays(sent: ReadonlyMap<string, number>, fired: readonly Firing[]) {
  const ms = fired.flatMap(({ device, at }) => (sent.has(device) ? [at - sent.get(device)!] : []))
  return { ms, untold: sent.size - ms.length }
}

export const alarmFigures = (ms: readonly number[], untold: number) => ({
  alarms: ms.length,
  alarms_untold: untold,
  alarm_p50_ms: percentiles(ms).p50,
  alarm_max_ms: ms.length > 0 ? Math.max(...ms) : null,
})

/** The watched points of ours, over the gateway that they have. */
export async function sayOurs(mqtt_url: string): Promise<{ say: Say; close(): void }> {
  const waiting: (() => void)[] = []
  let lost: string | null = null
  const gateway: Wire = await wire({
    url: mqtt_url,
    username: canaryGateway,
    password,
    topic: `v1/gateways/${canaryGateway}/readings`,
    inflight_max: 50,
    onAck: () => waiting.shift()?.(),
    onLost: (reason) => {
      lost = reason
      for (const done of waiting.splice(0)) done()
    },
  })
  return {
    async say(canary, readings) {
      const device = canaryCode(canary)
      const items = readings.map(([time, value]) => ({ device, time, values: { [kindOf(canary)]: value } }))
      const told = new Promise<void>((done) => waiting.push(done))
      if (lost === null && !gateway.publish(Buffer.from(JSON.stringify(items)))) lost = "no acknowledgements come"
      if (lost !== null) throw new Error(lost)
      await told
    },
    close: () => gateway.close(),
  }
}

/** Listens as a console does. `end` says which device each alarm is of. */
export async function listenOurs(instance: Instance): Promise<{ end(): Promise<Firing[]> }> {
  const seen = new Map<number, number>()
  let failure: Error | null = null
  const stop = new AbortController()
  const answer = await fetch(`${instance.url}/api/live`, { headers: instance.headers, signal: stop.signal })
  const reading = (async () => {
    let text = ""
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const event = text.slice(0, end)
        text = text.slice(end + 2)
        const data = /^data: (.*)$/m.exec(event)?.[1]
        if (!data || !/^event: change$/m.test(event)) continue
        const change = JSON.parse(data) as { kind: string; id: number }
        if (change.kind === "alarm" && !seen.has(change.id)) seen.set(change.id, Date.now())
      }
    }
  })().catch((error: Error) => {
    // It is thrown where somebody waits for it; before that the instance may have been ended for another reason.
    if (error.name !== "AbortError") failure = error
  })
  return {
    async end() {
      stop.abort()
      await reading
      if (failure) throw failure
      const fired: Firing[] = []
      for (const [id, at] of seen) {
        const alarm = JSON.stringify(await instance.api.get<object>(`/api/warning/alarms/${id}`))
        const device = /"(C\d+)"/.exec(alarm)?.[1]
        if (device !== undefined) fired.push({ device, at })
      }
      return fired
    },
  }
}
