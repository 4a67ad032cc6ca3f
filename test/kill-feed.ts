import { setTimeout as sleep } from "node:timers/promises"
import { connectMqtt, type MqttClient } from "../platform/mqtt/index.ts"
import { deviceOf, pressureOf, street_points, timeOf } from "./kill-town.ts"

type Message = { topic: string; payload: string; readings: { point: number; step: number }[]; acknowledged: boolean }
export type Door = { mqtt_url: string; clock_password: string; gateway: string }

/**
 * A gateway with a memory: it sends numbered readings, many unacknowledged at once, and after each reconnect first
 * sends again, in order, everything that was not acknowledged.
 */
export function startGateway(options: {
  door(): Promise<Door | null>
  steps_per_s: number
  unacknowledged_max: number
}) {
  let unacknowledged: Message[] = []
  const acknowledged: { point: number; step: number }[] = []
  let step = 0
  let last_step = Number.POSITIVE_INFINITY
  let stopped = false
  let resent = 0

  const settle = (message: Message) => {
    message.acknowledged = true
    acknowledged.push(...message.readings)
  }
  /** A connection that breaks leaves the message where it is: unacknowledged. */
  const send = (client: MqttClient, message: Message) =>
    void client.publish(message.topic, message.payload).then(
      () => settle(message),
      () => undefined,
    )

  function stepMessages(gateway: string): Message[] {
    const time = timeOf(step)
    const tick = { topic: "v1/clock", payload: JSON.stringify({ time }), readings: [], acknowledged: false }
    const readings = Array.from({ length: street_points }, (_, point): Message => {
      const payload = JSON.stringify({ time, readings: { [deviceOf(point)]: { pressure_m: pressureOf(point, step) } } })
      return { topic: `v1/gateways/${gateway}/readings`, payload, readings: [{ point, step }], acknowledged: false }
    })
    return [tick, ...readings]
  }

  async function session(door: Door) {
    const client = await connectMqtt({
      url: door.mqtt_url,
      client_id: "gateway",
      username: "clock",
      password: door.clock_password,
      inflight_max: 60_000,
    })
    let open = true
    void client.closed.then(() => {
      open = false
    })
    unacknowledged = unacknowledged.filter((m) => !m.acknowledged)
    resent += unacknowledged.length
    for (const message of unacknowledged) send(client, message)
    const began = performance.now()
    const first = step
    while (open && !stopped) {
      unacknowledged = unacknowledged.filter((m) => !m.acknowledged)
      const due = first + ((performance.now() - began) / 1000) * options.steps_per_s
      while (open && step <= last_step && step < due && unacknowledged.length < options.unacknowledged_max) {
        const messages = stepMessages(door.gateway)
        step++
        unacknowledged.push(...messages)
        for (const message of messages) send(client, message)
      }
      await sleep(5)
    }
    await client.close(200)
  }

  const running = (async () => {
    while (!stopped) {
      try {
        const door = await options.door()
        if (door) await session(door)
      } catch {
        // Nobody answers while the program is dead; the gateway tries again.
      }
      await sleep(50)
    }
  })()

  return {
    acknowledged: () => acknowledged,
    unacknowledged: () => unacknowledged.filter((m) => !m.acknowledged).length,
    step: () => step,
    resent: () => resent,
    /** Sends nothing beyond `step`, or beyond what has begun; returns the last step. */
    finishAt(wanted?: number): number {
      last_step = wanted ?? step - 1
      return last_step
    },
    done: () => step > last_step && unacknowledged.every((m) => m.acknowledged),
    async stop() {
      stopped = true
      await running
    },
  }
}
