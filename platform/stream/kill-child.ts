/**
 * The store process that cluster.test.ts ends without warning: it holds its share of the partitions and commits what
 * the log brings into ClickHouse, until it is killed or its parent goes.
 */
import { writeSync } from "node:fs"
import { openClickHouse } from "../series/clickhouse/index.ts"
import { connect } from "../sql/open.ts"
import { openLog, runStore, runTicker } from "./index.ts"

type Arguments = {
  owner: string
  nats: string
  clickhouse: string
  database: string
  sql: Parameters<typeof connect>[0]
  partitions: number
  replicas: number
  gather_ms: number
  expire_ms?: number
}

const given = JSON.parse(process.argv[2]!) as Arguments
const say = (line: string) => writeSync(1, `${line}\n`)
const failed = (name: string, error: unknown) => say(`trouble ${name}: ${String(error)}`)
const sql = await connect(given.sql, { folder: "" }, false)
const log = await openLog({
  url: given.nats,
  partitions: given.partitions,
  replicas: given.replicas,
  in_bytes_max: 2 ** 30,
  out_bytes_max: 2 ** 30,
})
const common = { log, db: sql.db, owner: given.owner, failed, renew_ms: 500, expire_ms: given.expire_ms ?? 2000 }
runStore({
  ...common,
  clock: "ticks",
  gather_ms: given.gather_ms,
  unreadable: async (m) => {
    say(`unreadable ${m.sequence}`)
  },
  open: async (partition) => {
    say(`open ${partition}`)
    const series = await openClickHouse({
      url: given.clickhouse,
      database: given.database,
      writer: partition,
      shared: true,
    })
    return { ...series, commit: (part) => series.commit(part.readings, part.ticks, part.blocks) }
  },
})
runTicker({ ...common, every_ms: 200 })
say("ready")
process.stdin.resume().once("end", () => process.exit())
