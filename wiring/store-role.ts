import { cityClock } from "../platform/clock/index.ts"
import { createEvents } from "../platform/events/index.ts"
import { loadLifelines } from "../platform/lifelines/index.ts"
import { openClickHouse, type Series } from "../platform/series/index.ts"
import { runStore, runTicker } from "../platform/stream/index.ts"
import { every } from "../platform/timers/index.ts"
import { createTroubles } from "../platform/troubles.ts"
import { openPartitions } from "../stages/monitoring/index.ts"
import { joinCluster } from "./cluster.ts"
import { clickhouse_database, type Ground, type Opened } from "./ground.ts"
import { serveMember } from "./member.ts"
import { retention } from "./retention.ts"
import { sayTroubles } from "./shared-troubles.ts"
import { staleness } from "./staleness.ts"

const upkeep_ms = 3_600_000
/** The owner of this partition also removes what retention no longer keeps. */
const upkeep_partition = 0

/** A store process: holds its share of the partitions and commits what doors put into the log. Returns its address. */
export async function openStoreRole(ground: Ground, version: string, opened: Opened): Promise<string> {
  const { settings, sql, failed } = ground
  const { log, owner, peers } = await joinCluster(ground, opened)
  const clock = cityClock({ mode: ground.mode, start: 0 })
  const events = createEvents((error) => failed("event", error), peers.say)
  const troubles = createTroubles(clock.wall, () => {})
  const lifelines = await loadLifelines(settings.lifelines_extra)
  const partitions = await openPartitions({ settings, sql, clock, events, lifelines })
  const refresh = staleness(async (what) => {
    if (what.has("city")) await partitions.reload()
  }, failed)
  peers.begin({ heard: events.heard, stale: refresh.stale, troubles: () => {} })
  const saying = sayTroubles(peers, troubles, failed)
  opened.push(() => saying.stop())
  opened.push(() => refresh.close())
  const open = new Map<number, Series>()

  const stores = runStore({
    log,
    db: sql.db,
    owner,
    clock: "wall",
    failed(name, error) {
      failed(name, error)
      troubles.raise(name, { zh: `存储出错：${String(error)}`, en: `The store failed: ${String(error)}` })
    },
    unreadable: partitions.unreadable,
    async open(partition) {
      const series = await openClickHouse({
        url: settings.clickhouse_url,
        database: clickhouse_database,
        writer: partition,
        shared: true,
      })
      open.set(partition, series)
      const store = partitions.open(series)
      const close = async () => {
        open.delete(partition)
        await store.close()
      }
      const commit: typeof store.commit = async (part) => {
        const done = await store.commit(part)
        troubles.clear(`store.${partition}`)
        return done
      }
      return { ...store, commit, close }
    },
  })
  opened.push(() => stores.stop())
  const ticker = runTicker({ log, db: sql.db, owner, failed })
  opened.push(() => ticker.stop())
  const upkeep = every(
    upkeep_ms,
    async () => {
      await open.get(upkeep_partition)?.forget(retention(settings, clock.now()))
    },
    "upkeep",
    failed,
  )
  opened.push(() => upkeep.stop())
  const { counts } = partitions
  return await serveMember(
    ground,
    {
      version,
      troubles: troubles.list,
      numbers: () => ({
        mingmai_partitions: stores.held().length,
        mingmai_readings_total: counts.readings,
        mingmai_blocks_total: counts.blocks,
        mingmai_samples_total: counts.samples,
        mingmai_readings_duplicate_total: counts.duplicates,
        mingmai_readings_conflict_total: counts.conflicts,
        mingmai_commit_ms_p99: Math.max(0, ...[...open.values()].map((s) => s.stats().commit_ms_p99)),
        mingmai_troubles: troubles.list().length,
        process_resident_memory_bytes: process.memoryUsage.rss(),
      }),
    },
    opened,
  )
}
