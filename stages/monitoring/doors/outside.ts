import type { App } from "../../../platform/app.ts"
import { openSubscriber } from "../../../platform/mqtt/index.ts"
import type { Door } from "./mqtt.ts"
import { type CollectorOptions, mqttCollector } from "./mqtt-collector.ts"

/** Takes the messages of an outside broker, whose credentials and topics that broker has checked. */
export async function openOutside(
  { settings, clock, troubles }: App,
  road: Pick<CollectorOptions, "directory" | "take">,
): Promise<Door> {
  const collector = mqttCollector({
    ...road,
    ticks_allowed: clock.mode !== "real",
    tellError: (topic, payload) => subscriber.publish(topic, payload),
  })
  const subscriber = await openSubscriber({
    url: settings.mqtt_url,
    client_id: `mingmai-${settings.city_code}`,
    onMessage: collector.onMessage,
    onState: (state, reason) =>
      state === "connected"
        ? troubles.clear("mqtt")
        : troubles.raise("mqtt", {
            zh: `外部 MQTT 服务连接中断，正在重连：${reason}`,
            en: `The outside MQTT broker is lost, reconnecting: ${reason}`,
          }),
  })
  return { ...subscriber, update: async () => {} }
}
