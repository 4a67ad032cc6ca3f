import { hostname } from "node:os"
import { type Problem, ProblemError, problem } from "../model/index.ts"
import type { Cluster } from "../platform/app.ts"
import { openPeers, type Peers } from "../platform/events/index.ts"
import { newToken } from "../platform/random/index.ts"
import { openClickHouse, type Series } from "../platform/series/index.ts"
import { type Committed, doorTake, type Log, openLog, outSource, publisher } from "../platform/stream/index.ts"
import { clickhouse_database, type Ground, type Opened } from "./ground.ts"

/** A process among others: its name, the log, and how it hears of the others. */
export type Joined = { owner: string; log: Log; peers: Peers }

export async function joinCluster(ground: Ground, opened: Opened): Promise<Joined> {
  const { settings, sql, failed } = ground
  const owner = `${hostname().slice(0, 40)}-${process.pid}-${newToken().slice(0, 8)}`
  const log = await openLog({ url: settings.nats_url, partitions: settings.cluster_partitions })
  opened.push(() => log.close())
  const peers = await openPeers(sql, owner, failed)
  opened.push(() => peers.close())
  return { owner, log, peers }
}

/** A reader of what all stores keep, and the road into the log and out of it. */
export async function openCluster(
  ground: Ground,
  { log, owner }: Joined,
  leads: boolean,
  opened: Opened,
): Promise<{ series: Series; cluster: Cluster; gaps(listener: (problem: Problem) => void): void }> {
  const out = outSource(log, ground.failed)
  // Asked before the store is: what is committed in between is heard of twice, never not at all.
  const from = await out.lastBatch()
  const series = await openClickHouse({
    url: ground.settings.clickhouse_url,
    database: clickhouse_database,
    reader: true,
  })
  opened.push(() => series.close())
  const doors = publisher(log, { door: owner })
  const ending = new AbortController()
  let following: Promise<void> = Promise.resolve()
  opened.push(async () => {
    ending.abort()
    await following
    await doors.close()
  })
  let tell: (problem: Problem) => void = () => {}

  const cluster: Cluster = {
    leads,
    take: (aside) => doorTake(doors, aside),
    lastBatch: out.lastBatch,
    async *since(batch) {
      const first = await out.firstBatch()
      if (batch > 0 && batch + 1 < first) tell(gap(batch, first))
      for await (const c of out.since(Math.max(batch, first - 1))) yield c
    },
    follow(listener) {
      const hear = async (c: Committed) => {
        series.observe(c.readings)
        await listener({ ...c, duplicates: 0, conflicts: [], block_conflicts: [] })
      }
      following = out.follow(from, hear, ending.signal).catch((error: unknown) => {
        ground.failed("out", error)
        ground.lost(error instanceof ProblemError ? error.problem.title.en : String(error))
      })
    },
  }
  return {
    series,
    cluster,
    gaps: (listener) => {
      tell = listener
    },
  }
}

const gap = (batch: number, first: number): Problem =>
  problem(
    "detectors-gap",
    410,
    `研判落后太多：消息日志已不含第 ${batch} 至 ${first} 号之间的提交，这段读数没有研判`,
    `The detectors were too far behind: the log no longer has what was committed between ${batch} and ${first}; it was not analysed`,
    { field: "batch", value: batch },
  )
