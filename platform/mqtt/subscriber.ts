import { every } from "../timers/index.ts"
import { type MqttDoor, type MqttStats, noStats } from "./broker.ts"
import { connectMqtt, type Incoming, type MqttClient } from "./client.ts"
import type { MqttMessage, MqttSession } from "./connection.ts"

export type SubscriberOptions = {
  url: string
  client_id: string
  onMessage(message: MqttMessage): void
  onState(state: "connected" | "lost", reason: string): void
}

const errors_under_way_max = 1000

/** Shared, so that several subscribers have each message once. */
const shared_topics = [
  "v1/devices/+/readings",
  "v1/gateways/+/readings",
  "v1/devices/+/blocks",
  "v1/gateways/+/blocks",
  "v1/clock",
].map((topic) => `$share/mingmai/${topic}`)

/** The broker checks credentials and topics; here every topic is open, and the topic names the device. */
const outside: MqttSession = { name: "outside-broker", mayPublish: () => true, maySubscribe: () => true }

/**
 * Reads from an outside broker with a persistent session and a shared subscription. A message is acknowledged to the
 * broker after it is durable here; what the device may trust until then is the broker's own persistence.
 */
export async function openSubscriber(options: SubscriberOptions): Promise<MqttDoor> {
  const url = new URL(options.url)
  let client: MqttClient | null = null
  let stopped = false
  let connecting = false
  const stats: MqttStats = { ...noStats }
  const take = ({ topic, payload, qos, dup, ack }: Incoming) => {
    stats.messages++
    stats.bytes += payload.length
    stats.held++
    stats.held_bytes += payload.length
    let released = false
    const done = () => {
      if (released) return
      released = true
      stats.held--
      stats.held_bytes -= payload.length
      ack()
    }
    options.onMessage({ topic, payload, session: outside, client_id: options.client_id, qos, dup, done })
  }
  const attempt = async () => {
    if (client || connecting || stopped) return
    connecting = true
    try {
      const fresh = await connectMqtt({
        url: options.url,
        client_id: options.client_id,
        clean: false,
        ...(url.username && { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }),
        onMessage: take,
      })
      await fresh.subscribe(shared_topics)
      client = fresh
      options.onState("connected", "")
      void fresh.closed.then((error) => {
        client = null
        if (!stopped) options.onState("lost", error?.message ?? "closed")
      })
    } catch (error) {
      options.onState("lost", (error as Error).message)
    } finally {
      connecting = false
    }
  }
  await attempt()
  const retry = every(2000, attempt, "outside-broker", (_name, error) => options.onState("lost", String(error)))
  return {
    url: `${url.protocol}//${url.host}`,
    clients: () => (client ? 1 : 0),
    stats: () => ({ ...stats, clients: client ? 1 : 0 }),
    publish(topic, payload) {
      // An error told to a device that is not there to hear it is in quarantine as well; so is one a slow broker cannot take.
      if (!client || client.inflight() >= errors_under_way_max) {
        stats.dropped_errors++
        return
      }
      client.publish(topic, payload).catch((error) => options.onState("lost", (error as Error).message))
    },
    async close() {
      stopped = true
      await retry.stop()
      await client?.close(1000)
    },
  }
}
