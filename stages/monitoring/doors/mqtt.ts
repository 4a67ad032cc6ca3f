import { Worker } from "node:worker_threads"
import { ProblemError, problem } from "../../../model/index.ts"
import { type BrokerOptions, type MqttDoor, type MqttStats, noStats, openBroker } from "../../../platform/mqtt/index.ts"
import type { Take } from "./delivery.ts"
import { type Directory, type DirectoryData, directoryOf } from "./directory.ts"
import { mqttCollector } from "./mqtt-collector.ts"
import type { FromDoor, ToDoor, WorkerDoorOptions } from "./mqtt-worker.ts"
import { mqttSession } from "./sessions.ts"

/** An MQTT door wherever it runs, with a directory that can be replaced. */
export type Door = MqttDoor & {
  /** Resolves when the door knows the new directory. */
  update(data: DirectoryData): Promise<void>
}

export type DoorOptions = Omit<BrokerOptions, "authenticate" | "onMessage"> & {
  directory: DirectoryData
  ticks_allowed: boolean
  clock_credential_hash: string
  take: Take
  /** Threads; 0 runs the broker in this one. */
  workers: number
  /** A door's thread has ended by itself. */
  onLost(error: Error): void
}

/** Opens the embedded broker, in this thread or in `workers` threads that share the port (SO_REUSEPORT). */
export async function openDoor(options: DoorOptions): Promise<Door> {
  if (options.workers === 0) return await inThisThread(options)
  const first = await inWorker(options)
  const port = Number(new URL(first.url).port)
  const doors = [first]
  for (let i = 1; i < options.workers; i++) doors.push(await inWorker({ ...options, port }))
  const sum = (of: (d: Door) => number) => doors.reduce((n, d) => n + of(d), 0)
  return {
    url: first.url,
    clients: () => sum((d) => d.clients()),
    stats: () => addStats(doors.map((d) => d.stats())),
    publish: (topic, payload) => {
      for (const d of doors) d.publish(topic, payload)
    },
    update: async (data) => void (await Promise.all(doors.map((d) => d.update(data)))),
    close: async () => void (await Promise.all(doors.map((d) => d.close()))),
  }
}

type Stats = MqttStats

const addStats = (all: Stats[]): Stats =>
  Object.fromEntries(
    Object.keys(noStats).map((key) => [key, all.reduce((n, s) => n + s[key as keyof Stats], 0)]),
  ) as Stats

async function inThisThread(options: DoorOptions): Promise<Door> {
  let directory: Directory = directoryOf(options.directory)
  const collector = mqttCollector({
    directory: () => directory,
    ticks_allowed: options.ticks_allowed,
    tellError: (topic, payload) => door.publish(topic, payload),
    take: options.take,
  })
  const door = await openBroker({
    ...options,
    authenticate: mqttSession(() => directory, options.clock_credential_hash),
    onMessage: collector.onMessage,
  })
  return {
    ...door,
    async update(data) {
      directory = directoryOf(data)
    },
  }
}

function inWorker(options: DoorOptions): Promise<Door> {
  const { take, onRefused, onLost, workers: _, ...plain } = options
  const worker = new Worker(new URL("./mqtt-worker.ts", import.meta.url), {
    workerData: { ...plain, reuse_port: options.workers > 1 } satisfies WorkerDoorOptions,
    execArgv: [],
    name: "door",
  })
  const say = (message: ToDoor) => worker.postMessage(message)
  return new Promise((open, fail) => {
    let stats: Stats = noStats
    let closing = false
    let closed = () => {}
    const updating: (() => void)[] = []
    const ended = () => {
      closed()
      for (const done of updating.splice(0)) done()
    }
    const door = (url: string): Door => ({
      url,
      clients: () => stats.clients,
      stats: () => stats,
      publish: (topic, payload) => say({ kind: "publish", topic, payload }),
      update(data) {
        say({ kind: "directory", data })
        return new Promise<void>((done) => updating.push(done))
      },
      async close() {
        closing = true
        const ended = new Promise<void>((done) => {
          closed = done
        })
        say({ kind: "close" })
        await ended
        await worker.terminate()
      },
    })
    worker.on("message", (message: FromDoor) => {
      if (message.kind === "delivery") {
        void take(message.delivery).then((receipt) => say({ kind: "receipt", id: message.id, receipt }))
      } else if (message.kind === "stats") stats = message.stats
      else if (message.kind === "refused") onRefused(message.what, message.client, message.topic)
      else if (message.kind === "listening") open(door(message.url))
      else if (message.kind === "updated") updating.shift()?.()
      else if (message.kind === "closed") ended()
      else fail(message.problem ? new ProblemError(message.problem) : new Error(message.message))
    })
    worker.on("error", (error: Error) => {
      fail(error)
      if (!closing) onLost(error)
      ended()
    })
    worker.on("exit", (code) => {
      ended()
      if (!closing && code !== 0) onLost(new ProblemError(doorEnded(code)))
    })
  })
}

const doorEnded = (code: number) =>
  problem("door-ended", 500, `MQTT 线程退出（${code}）`, `The MQTT thread ended (${code})`)
