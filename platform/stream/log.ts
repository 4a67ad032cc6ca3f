import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream"
import { connect, type NatsConnection, nanos } from "@nats-io/transport-node"
import { type Problem, ProblemError, problem } from "../../model/index.ts"
import { sleep } from "../timers/index.ts"

export type LogOptions = {
  /** Addresses of the servers, separated by commas, as the setting nats_url says them. */
  url: string
  /** Partitions by point; fixed once the streams exist. */
  partitions: number
  /** Copies of each message, on as many servers. */
  replicas?: number
  /** Name of the deployment: streams <NAME>_IN and <NAME>_OUT, subjects <name>.in.<partition>, <name>.out.<partition>. */
  name?: string
  /** Most bytes of IN; beyond it doors are refused, nothing is dropped. */
  in_bytes_max?: number
  /** Most bytes of OUT; beyond it the oldest go, since readings are in the store. */
  out_bytes_max?: number
  /** How long OUT keeps messages. */
  out_keep_ms?: number
}

export type Log = {
  connection: NatsConnection
  js: JetStreamClient
  jsm: JetStreamManager
  partitions: number
  in_stream: string
  out_stream: string
  in_subject: (partition: number) => string
  out_subject: (partition: number | "tick") => string
  /** Largest part before compression, bytes. */
  message_bytes_max: number
  close(): Promise<void>
}

/** How long a message's id is remembered, so that a resend is stored once. */
export const duplicate_window_ms = 120_000
const server_answer_ms = 5000
/** What needs several servers, such as a new consumer, waits for the one that must answer. */
const management_ms = 10_000
const setup_ms = 30_000

/**
 * Connects to the log and makes its two streams where they are missing. Waits up to 30 s for a cluster that is still
 * choosing its leader. Throws ProblemError where no server answers or the streams were made for other partitions.
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const name = options.name ?? "mingmai"
  const servers = options.url.split(",").map((s) => s.trim())
  let connection: NatsConnection
  try {
    connection = await connect({
      servers,
      name,
      timeout: server_answer_ms,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      pingInterval: 5000,
      maxPingOut: 2,
    })
  } catch (error) {
    throw new ProblemError(unreachable(options.url, String(error)))
  }
  try {
    const jsm = await jetstreamManager(connection, { timeout: management_ms, checkAPI: false })
    const log: Log = {
      connection,
      js: jetstream(connection, { timeout: server_answer_ms }),
      jsm,
      partitions: options.partitions,
      in_stream: `${name.toUpperCase()}_IN`,
      out_stream: `${name.toUpperCase()}_OUT`,
      in_subject: (partition) => `${name}.in.${partition}`,
      out_subject: (partition) => `${name}.out.${partition}`,
      message_bytes_max: Math.min(900_000, (connection.info?.max_payload ?? 1_048_576) - 4096),
      close: () => connection.close(),
    }
    const shared = {
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      num_replicas: options.replicas ?? 3,
      duplicate_window: nanos(duplicate_window_ms),
      description: `partitions=${options.partitions}`,
    }
    await makeStream(log, {
      ...shared,
      name: log.in_stream,
      subjects: [`${name}.in.*`],
      discard: DiscardPolicy.New,
      max_bytes: options.in_bytes_max ?? 10 * 2 ** 30,
    })
    await makeStream(log, {
      ...shared,
      name: log.out_stream,
      subjects: [`${name}.out.*`],
      discard: DiscardPolicy.Old,
      max_bytes: options.out_bytes_max ?? 10 * 2 ** 30,
      max_age: nanos(options.out_keep_ms ?? 3 * 86_400_000),
    })
    return log
  } catch (error) {
    await connection.close()
    throw error
  }
}

async function makeStream(log: Log, config: Partial<StreamConfig> & { name: string }): Promise<void> {
  const until = performance.now() + setup_ms
  for (;;) {
    try {
      const found = await log.jsm.streams.info(config.name).catch((error: unknown) => {
        if (error instanceof JetStreamApiError && error.code === stream_not_found) return null
        throw error
      })
      const info = found ?? (await log.jsm.streams.add(config))
      if (info.config.description !== config.description)
        throw new ProblemError(otherPartitions(config.description ?? "", info.config.description ?? ""))
      return
    } catch (error) {
      if (error instanceof ProblemError) throw error
      if (performance.now() > until) throw new ProblemError(noStream(config.name, String(error)))
      await sleep(250)
    }
  }
}

const stream_not_found = 10059

const unreachable = (url: string, reason: string): Problem =>
  problem(
    "log-unreachable",
    503,
    `无法连接 NATS（${reason}）；请检查 nats_url 与服务状态`,
    `NATS cannot be reached (${reason}); check nats_url and the servers`,
    { field: "nats_url", value: url },
  )

const noStream = (name: string, reason: string): Problem =>
  problem(
    "log-stream",
    503,
    `NATS 的流 ${name} 无法建立或读取（${reason}）；请确认 JetStream 已开启、节点数不少于副本数`,
    `The stream ${name} cannot be made or read in NATS (${reason}); JetStream must be on, with as many servers as replicas`,
    { field: "nats_url", value: name },
  )

const otherPartitions = (wanted: string, found: string): Problem =>
  problem(
    "cluster-partitions",
    409,
    `NATS 中的流按 ${found} 建立，与设置 ${wanted} 不符；cluster_partitions 建成后不能改变`,
    `The streams in NATS were made with ${found}, the setting says ${wanted}; cluster_partitions cannot change later`,
    { field: "cluster_partitions", value: found },
  )
