import { every } from "../timers/index.ts"
import type { MqttDoor, MqttMessage, MqttSession } from "./broker.ts"
import { connectMqtt, type MqttClient } from "./client.ts"

export type SubscriberOptions = {
  url: string
  client_id: string
  onMessage(message: MqttMessage): void
  onState(state: "connected" | "lost", reason: string): void
}

const errors_under_way_max = 1000

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
  const attempt = async () => {
    if (client || connecting || stopped) return
    connecting = true
    try {
      const fresh = await connectMqtt({
        url: options.url,
        client_id: options.client_id,
        clean: false,
        ...(url.username && { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }),
        onMessage: (m) =>
          options.onMessage({
            topic: m.topic,
            payload: m.payload,
            session: outside,
            client_id: options.client_id,
            done: m.ack,
          }),
      })
      await fresh.subscribe([
        "$share/mingmai/v1/devices/+/readings",
        "$share/mingmai/v1/gateways/+/readings",
        "$share/mingmai/v1/clock",
      ])
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
    publish(topic, payload) {
      // An error told to a device that is not there to hear it is in quarantine as well; so is one a slow broker cannot take.
      if (!client || client.inflight() >= errors_under_way_max) return
      client.publish(topic, payload).catch((error) => options.onState("lost", (error as Error).message))
    },
    async close() {
      stopped = true
      await retry.stop()
      await client?.close(1000)
    },
  }
}
