import { join } from "node:path"
import { quoted } from "./segments.ts"

/**
 * The sealed form of readings, format 2 (README.md has the columns). Numbers that a person would write with few decimals
 * are kept as whole numbers: raw / 10^decimals is the value, bit for bit, which is tested for each one as it is written;
 * others stand in `value` as they are (and count as raw 0). Of the whole numbers the steps from one to the next are kept. Arrival is a lag to a tenth of a second. The batch is kept as the distance from
 * the batch that its arrival suggests, which is mostly 0.
 */
export const readings_parquet =
  "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, PARQUET_VERSION V2, DICTIONARY_SIZE_LIMIT 4000)"

const most_decimals = 6
const lag_ms = 100

/** Steps begin anew with every point and with every span of this length, so that a time can be read without its past. */
const span_ms = 3_600_000

/** The step of a row: zigzag (0, -1, 1, -2 … as 0, 1, 2, 3 …), its low byte apart from the rest. */
const step_of = "CASE WHEN low % 2 = 0 THEN (high * 256 + low) // 2 ELSE -((high * 256 + low + 1) // 2) END"

/** The value of a row: its steps so far in its file make the whole number. */
const value_of = `coalesce(value, (sum(${step_of}) OVER (PARTITION BY filename, point, time // ${span_ms}
  ORDER BY time, sequence))::DOUBLE / pow(10, decimals))`

const files_of = (files: readonly string[]): string =>
  `read_parquet([${files.map(quoted).join(", ")}], filename = true)`

/** Where the span begins in which a time lies; SQL's // cuts off towards zero. */
const spanStart = (time: number): number => (Math.floor(time / span_ms) - (time < 0 ? 1 : 0)) * span_ms

/** How many decimals a value needs; null where it has more, or is too large for a whole number to hold it. */
const decimalsOf = (value: string): string => {
  const tries = Array.from(
    { length: most_decimals + 1 },
    (_, d) => `WHEN round(${value} * 1e${d})::DOUBLE / pow(10, ${d}) = ${value} THEN ${d}`,
  )
  return `CASE WHEN NOT isfinite(${value}) OR abs(${value}) > 1e9 THEN NULL ${tries.join(" ")} END`
}

const raw = (value: string, decimals: string): string => `round(${value} * pow(10, ${decimals}))`
const fits = (value: string, decimals: string): string =>
  `(isfinite(${value}) AND abs(${value}) <= 1e9 AND ${raw(value, decimals)} / pow(10, ${decimals}) = ${value})`

/**
 * The query that writes readings: `source` gives point, time, sequence, value, quality, arrived, batch, position;
 * `batches` number and arrived (the latest arrival in the batch).
 */
export function sealedReadings(source: string, batches: string, keep_position: boolean): string {
  return `WITH r AS MATERIALIZED (SELECT *, (round((arrived - time) / ${lag_ms}.0) * ${lag_ms})::BIGINT AS lag FROM (${source})),
    d AS (SELECT point, coalesce(max(${decimalsOf("value")}), 0)::UTINYINT AS decimals FROM r GROUP BY point),
    w AS (SELECT r.*, d.decimals, CASE WHEN ${fits("r.value", "d.decimals")} THEN ${raw("r.value", "d.decimals")}::BIGINT END AS raw
      FROM r JOIN d ON r.point = d.point),
    z AS (SELECT *, coalesce(raw, 0) - coalesce(lag(coalesce(raw, 0)) OVER (
        PARTITION BY point, time // ${span_ms} ORDER BY time, sequence), 0) AS step FROM w)
    SELECT point, time, sequence,
      ((CASE WHEN step < 0 THEN -2 * step - 1 ELSE 2 * step END) % 256)::UTINYINT AS low,
      ((CASE WHEN step < 0 THEN -2 * step - 1 ELSE 2 * step END) // 256)::BIGINT AS high,
      decimals, CASE WHEN raw IS NULL THEN value END AS value, quality, z.lag AS lag,
      (batch - coalesce(g.number, 0))::BIGINT AS batch_off, ${keep_position ? "position" : "NULL::INTEGER AS position"}
    FROM z ASOF LEFT JOIN (${guesses(batches)}) g ON z.time + z.lag <= g.reach
    ORDER BY point, time, sequence`
}

/** The batch that an arrival suggests: the first that has seen so late a one. */
const guesses = (batches: string): string =>
  `SELECT min(number) AS number, reach FROM (SELECT number, max(arrived) OVER (ORDER BY number) AS reach
     FROM (${batches})) WHERE reach IS NOT NULL GROUP BY reach`

/** Readings of sealed folders without their batch; from ≤ time < to where a range is given. */
export function sealedSource(files: readonly string[], range?: { from: number; to: number }): string {
  // The times of a span before `from` are needed for its steps.
  const wide = range ? `WHERE time >= ${spanStart(range.from)} AND time < ${range.to}` : ""
  return `(SELECT point, time, sequence, ${value_of} AS value, quality, time + lag AS arrived
    FROM (SELECT * FROM ${files_of(files)} ${wide}))`
}

/** The last reading of each point, span and file with from ≤ time < to: adding up steps is cheaper than following them. */
export const sealedLast = (files: readonly string[], points: string, range: { from: number; to: number }): string =>
  `SELECT point, r."time" AS "time", r.sequence AS sequence,
     coalesce(r.value, steps::DOUBLE / pow(10, r.decimals)) AS value, r.quality AS quality, r."time" + r.lag AS arrived
   FROM (SELECT point, sum(${step_of}) AS steps, max({'time': "time", 'sequence': sequence, 'value': value,
       'quality': quality, 'lag': lag, 'decimals': decimals}) AS r
     FROM ${files_of(files)} WHERE ${points} AND "time" >= ${spanStart(range.from)} AND "time" < ${range.to}
     GROUP BY filename, point, "time" // ${span_ms}) WHERE r."time" >= ${range.from}`

/** How far from its guess a batch may be for the quick way of finding it. */
const near = 8

/** Readings of one sealed folder with their batch and position; only batches first … last where they are given. */
export function sealedWithBatch(folder: string, range?: { first: number; last: number }): string {
  const batches = `SELECT number, arrived FROM read_parquet(${quoted(join(folder, "batches.parquet"))})`
  const g = guesses(batches)
  const low = range ? `(SELECT max(reach) FROM g WHERE number < ${range.first - near})` : ""
  const high = range ? `(SELECT min(reach) FROM g WHERE number >= ${range.last + near})` : ""
  const quick = range
    ? `WHERE abs(batch_off) > ${near} OR (time + lag > coalesce(${low}, -9e18::BIGINT)
        AND time + lag <= coalesce(${high}, 9e18::BIGINT))`
    : ""
  return `(WITH g AS MATERIALIZED (${g}), r AS (SELECT * FROM (SELECT *, ${value_of} AS v, time + lag AS arrived
      FROM ${files_of([join(folder, "readings.parquet")])}) ${quick})
    SELECT point, time, sequence, v AS value, quality, arrived, coalesce(g.number, 0) + batch_off AS batch, position
    FROM r ASOF LEFT JOIN g ON r.arrived <= g.reach
    ${range ? `WHERE coalesce(g.number, 0) + batch_off BETWEEN ${range.first} AND ${range.last}` : ""})`
}

/** Partial hours: whole numbers where the values have few decimals, as above. Sums are of whole numbers and exact. */
export const sealedHours = (source: string): string =>
  `WITH r AS (SELECT * FROM (${source})),
    d AS (SELECT point, coalesce(max(${decimalsOf("least(min, 1e300)")}), 0)::UTINYINT AS a,
      coalesce(max(${decimalsOf("least(max, 1e300)")}), 0)::UTINYINT AS b,
      coalesce(max(${decimalsOf("round(sum, 6)")}), 0)::UTINYINT AS c FROM r GROUP BY point),
    w AS (SELECT r.*, greatest(a, b, c) AS decimals,
      ${fits("min", "greatest(a, b, c)")} AND ${fits("max", "greatest(a, b, c)")}
        AND abs(sum) <= 1e9 AND abs(${raw("sum", "greatest(a, b, c)")} / pow(10, greatest(a, b, c)) - sum)
          <= 1e-9 * (1 + abs(sum)) AS whole FROM r JOIN d ON r.point = d.point)
    SELECT point, start, CASE WHEN whole THEN ${raw("min", "decimals")}::BIGINT END AS raw_min,
      CASE WHEN whole THEN ${raw("max", "decimals")}::BIGINT END AS raw_max,
      CASE WHEN whole THEN ${raw("sum", "decimals")}::BIGINT END AS raw_sum, decimals,
      CASE WHEN NOT whole THEN min END AS min, CASE WHEN NOT whole THEN max END AS max,
      CASE WHEN NOT whole THEN sum END AS sum, count::INTEGER AS count, quality FROM w ORDER BY point, start`

/** Partial hours as plain columns. */
export const plainHours = (source: string): string =>
  `SELECT point, start, coalesce(min, raw_min::DOUBLE / pow(10, decimals)) AS min,
     coalesce(max, raw_max::DOUBLE / pow(10, decimals)) AS max, coalesce(sum, raw_sum::DOUBLE / pow(10, decimals)) AS sum,
     count::BIGINT AS count, quality FROM ${source}`
