import { setTimeout as sleep } from "node:timers/promises"
import { connectMqtt, type MqttClient } from "../../platform/mqtt/index.ts"

export type Login = { url: string; username: string; password: string }
export type ToSend<T> = { topic: string; payload: string | Buffer; items: T[] }
type Message<T> = ToSend<T> & { step: number; acknowledged: boolean }

/**
 * A gateway with a memory: it sends numbered messages, many unacknowledged at once, and after each reconnect first
 * sends again, in order, everything that was not acknowledged.
 */
export function startGateway<T>(options: {
  name: string
  login(): Promise<Login | null>
  messages(step: number): ToSend<T>[]
  steps_per_s: number
  unacknowledged_max: number
  first_step?: number
  /** Steps beyond this wait; asked again and again. */
  step_max?(): number
}) {
  let unacknowledged: Message<T>[] = []
  const acknowledged: T[] = []
  let step = options.first_step ?? 0
  let last_step = Number.POSITIVE_INFINITY
  let stopped = false
  let resent = 0
  let reconnects = -1

  const settle = (message: Message<T>) => {
    message.acknowledged = true
    acknowledged.push(...message.items)
  }
  /** A connection that breaks leaves the message where it is: unacknowledged. */
  const send = (client: MqttClient, message: Message<T>) =>
    void client.publish(message.topic, message.payload).then(
      () => settle(message),
      () => undefined,
    )
  const forgetAcknowledged = () => {
    unacknowledged = unacknowledged.filter((m) => !m.acknowledged)
  }

  async function session(login: Login) {
    const client = await connectMqtt({ ...login, client_id: options.name, inflight_max: 60_000 })
    reconnects++
    let open = true
    void client.closed.then(() => {
      open = false
    })
    forgetAcknowledged()
    resent += unacknowledged.length
    for (const message of unacknowledged) send(client, message)
    const began = performance.now()
    const first = step
    while (open && !stopped) {
      forgetAcknowledged()
      const due = first + ((performance.now() - began) / 1000) * options.steps_per_s
      const most = Math.min(last_step, options.step_max?.() ?? Number.POSITIVE_INFINITY)
      while (open && step <= most && step < due && unacknowledged.length < options.unacknowledged_max) {
        const at = step++
        const messages = options.messages(at).map((m) => ({ ...m, step: at, acknowledged: false }))
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
        const login = await options.login()
        if (login) await session(login)
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
    /** The last step of which, as of all before it, everything is acknowledged; −1 for none. */
    settledStep: () => (unacknowledged.find((m) => !m.acknowledged)?.step ?? step) - 1,
    resent: () => resent,
    reconnects: () => Math.max(0, reconnects),
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
export type Gateway<T> = ReturnType<typeof startGateway<T>>
