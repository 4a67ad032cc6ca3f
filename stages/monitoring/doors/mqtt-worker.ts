/** The embedded MQTT broker in a thread of its own: messages come in, deliveries go out, receipts release the answers. */
import { parentPort, workerData } from "node:worker_threads"
import {
  blockBuffers,
  type Problem,
  ProblemError,
  readingBuffers,
  trimBlocks,
  trimReadings,
} from "../../../model/index.ts"
import { type BrokerOptions, type MqttDoor, openBroker } from "../../../platform/mqtt/index.ts"
import { every } from "../../../platform/timers/index.ts"
import type { Delivery, Receipt } from "./delivery.ts"
import { type Directory, type DirectoryData, directoryOf } from "./directory.ts"
import { mqttCollector } from "./mqtt-collector.ts"
import { mqttSession } from "./sessions.ts"

export type WorkerDoorOptions = Omit<BrokerOptions, "authenticate" | "onMessage" | "onRefused"> & {
  directory: DirectoryData
  ticks_allowed: boolean
  clock_credential_hash: string
}
export type ToDoor =
  | { kind: "directory"; data: DirectoryData }
  | { kind: "receipt"; id: number; receipt: Receipt }
  | { kind: "publish"; topic: string; payload: string }
  | { kind: "close" }
export type FromDoor =
  | { kind: "listening"; url: string }
  | { kind: "failed"; problem: Problem | null; message: string }
  | { kind: "delivery"; id: number; delivery: Delivery }
  | { kind: "refused"; what: Parameters<BrokerOptions["onRefused"]>[0]; client: string; topic: string }
  | { kind: "stats"; stats: ReturnType<MqttDoor["stats"]> }
  | { kind: "updated" }
  | { kind: "closed" }

const stats_ms = 1000

if (parentPort) {
  const port = parentPort
  const options = workerData as WorkerDoorOptions
  const say = (message: FromDoor, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)
  let directory: Directory = directoryOf(options.directory)
  let door: MqttDoor | null = null
  let next_id = 0
  const under_way = new Map<number, (receipt: Receipt) => void>()
  const collector = mqttCollector({
    directory: () => directory,
    ticks_allowed: options.ticks_allowed,
    tellError: (topic, payload) => door?.publish(topic, payload),
    take(given) {
      const delivery = { ...given, readings: trimReadings(given.readings), blocks: trimBlocks(given.blocks) }
      const id = ++next_id
      say({ kind: "delivery", id, delivery }, [...readingBuffers(delivery.readings), ...blockBuffers(delivery.blocks)])
      return new Promise((resolve) => under_way.set(id, resolve))
    },
  })
  port.on("message", (message: ToDoor) => {
    if (message.kind === "receipt") {
      under_way.get(message.id)?.(message.receipt)
      under_way.delete(message.id)
    } else if (message.kind === "publish") door?.publish(message.topic, message.payload)
    else if (message.kind === "directory") {
      directory = directoryOf(message.data)
      say({ kind: "updated" })
    } else {
      void door?.close().then(async () => {
        await stats.stop()
        say({ kind: "closed" })
        port.close()
      })
    }
  })
  const stats = every(
    stats_ms,
    () => {
      if (door) say({ kind: "stats", stats: door.stats() })
    },
    "stats",
    () => {},
  )
  try {
    door = await openBroker({
      ...options,
      authenticate: mqttSession(() => directory, options.clock_credential_hash),
      onMessage: collector.onMessage,
      onRefused: (what, client, topic) => say({ kind: "refused", what, client, topic }),
    })
    say({ kind: "listening", url: door.url })
  } catch (error) {
    say({
      kind: "failed",
      problem: error instanceof ProblemError ? error.problem : null,
      message: (error as Error).message,
    })
  }
}
