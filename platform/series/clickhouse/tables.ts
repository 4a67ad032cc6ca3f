import { run, type Server } from "./server.ts"

/** Event days partition readings and waves, so that retention drops whole partitions; UTC days since 1970. */
export const day_ms = 86_400_000

/**
 * The tables. A row of readings or waves says by (epoch, batch) which commit it belongs to and counts only once that
 * commit stands in `batches`: a commit inserts its rows first and its batch last, in one insert of one part, which is
 * the moment it exists. An epoch is one opening of one writer (epoch % 256 is the writer); `epochs` says where an epoch
 * ended, so that rows that a killed process left behind it never count.
 */
export async function createTables(server: Server): Promise<void> {
  const s = server.table_settings
  const statements = [
    `readings (point Int32, time Int64, sequence Int32, value Float64, quality UInt8, arrived Int64, epoch UInt32,
      batch Int64, position UInt32) ENGINE = MergeTree PARTITION BY intDiv(time, ${day_ms})
      ORDER BY (point, time, sequence)${s}`,
    `waves (point Int32, start Int64, sequence Int32, finish Float64, rate_hz Float64, count UInt32, encoding UInt8,
      scale Float64, offset Float64, quality UInt8, arrived Int64, low Float32, high Float32, squares Float64,
      data String, epoch UInt32, batch Int64, position UInt32) ENGINE = MergeTree
      PARTITION BY intDiv(start, ${day_ms}) ORDER BY (point, start, sequence)${s}`,
    `batches (epoch UInt32, batch Int64, rows UInt32, blocks UInt32, ticks String, last_tick Int64, rows_total Int64,
      samples_total Int64, min_time Int64, max_time Int64, min_start Int64, max_start Int64, minutes Array(Int64),
      counts Array(UInt32)) ENGINE = MergeTree ORDER BY (epoch, batch)${s}`,
    `epochs (epoch UInt32, state UInt8, last_batch Int64, at Int64) ENGINE = MergeTree ORDER BY epoch${s}`,
    `marks (kind UInt8, point Int32, time Int64, sequence Int32, value Float64, quality UInt8, arrived Int64,
      epoch UInt32, as_of Int64) ENGINE = ReplacingMergeTree(as_of) ORDER BY (kind, point)${s}`,
    `snapshots (epoch UInt32, as_of Int64) ENGINE = MergeTree ORDER BY (epoch, as_of)${s}`,
    `rollups (day Int64, attempt Int64, point Int32, start Int64, min Float64, max Float64, sum Float64, count Int64,
      quality UInt8) ENGINE = MergeTree PARTITION BY day ORDER BY (point, start)${s}`,
    `wave_rollups (day Int64, attempt Int64, point Int32, start Int64, low Float32, high Float32, squares Float64,
      count Int64, quality UInt8) ENGINE = MergeTree PARTITION BY day ORDER BY (point, start)${s}`,
    `forgotten (day Int64, attempt Int64, done UInt8) ENGINE = MergeTree ORDER BY (day, attempt)${s}`,
  ]
  for (const statement of statements) await run(server, `CREATE TABLE IF NOT EXISTS ${statement}`)
}

/** What an epoch's last word is. */
export const epochState = { opened: 0, closed: 1, cut: 2 } as const
/** Where a batch number or time is unknown or open. */
export const never = -9_007_199_254_740_991
export const always = 9_007_199_254_740_991
