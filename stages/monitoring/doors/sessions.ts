import type { MqttSession } from "../../../platform/mqtt/index.ts"
import { sameSecret } from "../credentials.ts"
import type { Directory } from "./directory.ts"

/**
 * Who may come in by MQTT: a device or gateway with its own credential, open to its own topics alone; and the feed
 * ("clock"), whose secret lives as long as the process and opens every topic.
 */
export const mqttSession =
  (directory: () => Directory, clock_credential_hash: string) =>
  async (username: string, password: string): Promise<MqttSession | null> => {
    if (username === "clock" && sameSecret(password, clock_credential_hash)) {
      // A feed sends a year in minutes.
      return {
        name: "clock",
        messages_per_s: Number.POSITIVE_INFINITY,
        mayPublish: () => true,
        maySubscribe: (topic) => topic.startsWith("v1/"),
      }
    }
    const device = directory().device(username)
    if (!device?.credential_hash || !sameSecret(password, device.credential_hash)) return null
    const own = ["devices", "gateways"].flatMap((by) =>
      ["readings", "blocks"].map((w) => `v1/${by}/${device.code}/${w}`),
    )
    const errors = [`v1/devices/${device.code}/errors`, `v1/gateways/${device.code}/errors`]
    return {
      name: device.code,
      mayPublish: (topic) => own.includes(topic),
      maySubscribe: (topic) => errors.includes(topic),
    }
  }
