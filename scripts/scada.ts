/**
 * Reads a folder of SCADA csv files (';' separator, ',' or '.' decimals, first column Timestamp) as steps in time order:
 * `*Pressures*`, `*Flows*`, `*Levels*`, `*Demands*` with suffix .csv or .csv.gz. A missing file is no error.
 */
import { createReadStream, existsSync, readdirSync } from "node:fs"
import { basename, join } from "node:path"
import { createInterface } from "node:readline"
import { createGunzip } from "node:zlib"

export type ScadaReading = { device_code: string; indicator: string; unit: string; value: number; time_ms: number }
export type ScadaStep = { time_ms: number; readings: ScadaReading[] }
/** A cell or row that could not be read; the rest of the file goes on. */
export type ScadaProblem = { file: string; line: number; column: string; value: string; message: string }
export type ScadaOptions = {
  /** Only steps with from_ms ≤ time < to_ms. */
  from_ms?: number
  to_ms?: number
  onProblem?: (problem: ScadaProblem) => void
}

const hour_ms = 3_600_000
const kinds = [
  { word: "pressures", prefix: "pressure", indicator: "pressure_m", unit: "m", factor: 1 },
  { word: "flows", prefix: "flow", indicator: "flow_m3h", unit: "m3/h", factor: 1 },
  { word: "levels", prefix: "level", indicator: "level_m", unit: "m", factor: 1 },
  // Hourly means in L/h, stamped at the start of their hour; published at its end in m3/h.
  { word: "demands", prefix: "meter", indicator: "demand_m3h", unit: "m3/h", factor: 0.001 },
] as const
type Kind = (typeof kinds)[number]

type Row = { time_ms: number; readings: ScadaReading[] }

/** The data files in `folder`, by kind; throws one sentence when there is none. */
export function scadaFiles(folder: string): { kind: Kind; path: string }[] {
  if (!existsSync(folder))
    throw new Error(`folder "${folder}" does not exist; name the folder with the SCADA csv files`)
  const files = readdirSync(folder)
    .filter((name) => /\.csv(\.gz)?$/i.test(name))
    .sort()
    .flatMap((name) => {
      const kind = kinds.find((k) => name.toLowerCase().includes(k.word))
      return kind ? [{ kind, path: join(folder, name) }] : []
    })
  if (files.length === 0)
    throw new Error(
      `folder "${folder}" has no *Pressures*, *Flows*, *Levels* or *Demands* csv file; name another folder`,
    )
  return files
}

/** Steps in time order, all readings of one time together. Bad cells are told to onProblem and left out. */
export async function* readScada(folder: string, options: ScadaOptions = {}): AsyncGenerator<ScadaStep> {
  const { from_ms = Number.NEGATIVE_INFINITY, to_ms = Number.POSITIVE_INFINITY } = options
  const sources = scadaFiles(folder).map(({ kind, path }) => rowsOf(kind, path, options.onProblem ?? (() => undefined)))
  const heads = await Promise.all(sources.map((s) => s.next()))
  try {
    for (;;) {
      let time_ms = Number.POSITIVE_INFINITY
      for (const head of heads) if (!head.done) time_ms = Math.min(time_ms, head.value.time_ms)
      if (time_ms === Number.POSITIVE_INFINITY || time_ms >= to_ms) return
      const readings: ScadaReading[] = []
      for (let i = 0; i < heads.length; i++) {
        let head = heads[i]!
        while (!head.done && head.value.time_ms === time_ms) {
          for (const reading of head.value.readings) readings.push(reading)
          head = await sources[i]!.next()
          heads[i] = head
        }
      }
      if (time_ms >= from_ms) yield { time_ms, readings }
    }
  } finally {
    for (const source of sources) await source.return(undefined)
  }
}

async function* rowsOf(kind: Kind, path: string, say: (problem: ScadaProblem) => void): AsyncGenerator<Row, undefined> {
  const file = basename(path)
  const raw = createReadStream(path)
  const stream = path.toLowerCase().endsWith(".gz") ? raw.pipe(createGunzip()) : raw
  raw.on("error", (error) => stream.destroy(error))
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
  let columns: string[] | null = null
  let line = 0
  let last = Number.NEGATIVE_INFINITY
  const shift = kind.word === "demands" ? hour_ms : 0
  try {
    for await (const text of lines) {
      line++
      if (text.trim() === "") continue
      const cells = text.split(";")
      if (columns === null) {
        columns = cells.map((c) => c.replace(/^\uFEFF/, "").trim())
        continue
      }
      const stamp = timeOf(cells[0]!)
      if (stamp === null || stamp + shift < last) {
        const message = stamp === null ? "is not a time like 2018-01-01 00:05:00" : "goes back in time"
        say({ file, line, column: columns[0]!, value: cells[0]!, message: `${message}; the row is left out` })
        continue
      }
      last = stamp + shift
      const readings: ScadaReading[] = []
      for (let i = 1; i < columns.length; i++) {
        const cell = cells[i]
        if (cell === undefined || cell === "") continue
        const value = Number(cell.includes(",") ? cell.replace(",", ".") : cell)
        if (Number.isFinite(value))
          readings.push({
            device_code: `${kind.prefix}-${columns[i]}`,
            indicator: kind.indicator,
            unit: kind.unit,
            value: value * kind.factor,
            time_ms: last,
          })
        else say({ file, line, column: columns[i]!, value: cell, message: "is not a number; the cell is left out" })
      }
      yield { time_ms: last, readings }
    }
  } finally {
    lines.close()
    raw.destroy()
  }
}

/** Files without a zone are UTC. */
function timeOf(cell: string): number | null {
  const m = /^\s*(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?\s*$/.exec(cell)
  if (!m) return null
  return Date.UTC(+m[1]!, +m[2]! - 1, +m[3]!, +m[4]!, +m[5]!, +(m[6] ?? 0))
}
