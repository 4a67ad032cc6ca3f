import { once } from "node:events"
import { createWriteStream, rmSync, statSync, type WriteStream } from "node:fs"
import { finished } from "node:stream/promises"
import ExcelJS from "exceljs"
import { ProblemError, problem } from "../../../model/index.ts"
import { csvCell } from "../../../platform/http/index.ts"
import type { ExportRows } from "./export-rows.ts"
import { startChild } from "./sql-process.ts"
import { zonedTimes } from "./zone.ts"

export const export_formats = ["csv", "xlsx", "parquet"] as const
export type ExportFormat = (typeof export_formats)[number]

/** A sheet holds no more rows. */
export const xlsx_rows_max = 1_000_000
/** No file becomes larger. */
export const file_bytes_max = 8 * 1024 ** 3

/** Writes rows into a file. `end` completes it and returns its bytes; `abort` removes everything of it. */
export type RowWriter = {
  write(rows: ExportRows): Promise<void>
  end(signal: AbortSignal): Promise<number>
  abort(): Promise<void>
}

export type Layout = {
  path: string
  /** Columns behind the time. */
  columns: readonly string[]
  /** The unit of all points, where they have one. */
  unit: string | null
  zone: string
  /** A byte order mark, for spreadsheets. */
  bom: boolean
}

export const openWriter = (format: ExportFormat, layout: Layout): RowWriter =>
  format === "csv" ? csvWriter(layout) : format === "xlsx" ? xlsxWriter(layout) : parquetWriter(layout)

/** Columns with values carry their unit in the heading where all rows have the same one. */
const headings = ({ columns, unit }: Layout) =>
  columns.map((name) => (unit === null || name === "quality" || name === "count" ? name : `${name} [${unit}]`))

function csvWriter(layout: Layout): RowWriter {
  const zoned = zonedTimes(layout.zone)
  const head = ["point", "device", "indicator", "unit", "time", "time_utc_ms", ...headings(layout)]
  const file = textFile(layout.path)
  const begin = `${layout.bom ? "\ufeff" : ""}${head.map((name) => csvCell(name, "")).join(",")}\r\n`
  let begun = false
  return {
    async write(rows) {
      const names = [rows.point.id, rows.point.device.code, rows.point.indicator, rows.point.unit]
      const lead = names.map((value) => csvCell(value, "")).join(",")
      const text = lines(rows, (time) => `${lead},${zoned(time)},${time}`)
      await file.put(begun ? text : begin + text)
      begun = true
    },
    async end() {
      if (!begun) await file.put(begin)
      return await file.end()
    },
    abort: () => file.abort(),
  }
}

function parquetWriter(layout: Layout): RowWriter {
  const csv_path = `${layout.path}.csv`
  const file = textFile(csv_path)
  const begin = `point,device,indicator,unit,time_ms,${layout.columns.join(",")}${newline}`
  let begun = false
  return {
    async write(rows) {
      const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
      const { id, device, indicator, unit } = rows.point
      const lead = `${id},${quoted(device.code)},${quoted(indicator)},${quoted(unit)}`
      const text = lines(rows, (time) => `${lead},${Math.round(time * 1000) / 1000}`)
      await file.put(begun ? text : begin + text)
      begun = true
    },
    async end(signal) {
      if (!begun) await file.put(begin)
      await file.end()
      await convert({ csv: csv_path, parquet: layout.path, columns: layout.columns }, signal)
      rmSync(csv_path)
      return statSync(layout.path).size
    },
    async abort() {
      await file.abort()
      rmSync(layout.path, { force: true })
    },
  }
}

const newline = "\r\n"
function lines({ time, columns }: ExportRows, lead: (time: number) => string): string {
  let text = ""
  for (let i = 0; i < time.length; i++) {
    text += lead(time[i]!)
    for (const column of columns) text += `,${column[i]}`
    text += newline
  }
  return text
}

/** A file that is written in pieces and waits for the disk. */
function textFile(path: string) {
  const stream = createWriteStream(path)
  let bytes = 0
  let failed: Error | null = null
  stream.on("error", (error) => {
    failed = error
  })
  return {
    async put(text: string) {
      if (failed) throw failed
      bytes += Buffer.byteLength(text)
      if (bytes > file_bytes_max) throw new ProblemError(tooLarge)
      if (!stream.write(text)) await drained(stream)
      if (failed) throw failed
    },
    async end() {
      stream.end()
      await finished(stream)
      return bytes
    },
    async abort() {
      stream.destroy()
      if (!stream.closed) await once(stream, "close")
      rmSync(path, { force: true })
    },
  }
}

/** Waits until the disk has caught up, or the file has failed. */
function drained(stream: WriteStream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = () => {
    stream.off("drain", end).off("close", end)
    resolve()
  }
  stream.on("drain", end).on("close", end)
  return promise
}

function xlsxWriter(layout: Layout): RowWriter {
  const zoned = zonedTimes(layout.zone)
  const stream = createWriteStream(layout.path)
  let failed: Error | null = null
  stream.on("error", (error) => {
    failed = error
  })
  const book = new ExcelJS.stream.xlsx.WorkbookWriter({ stream, useStyles: false, useSharedStrings: false })
  const sheet = book.addWorksheet("readings")
  const head = ["point", "device", "indicator", "unit", "time", "time_utc_ms", ...headings(layout)]
  sheet.addRow(head).commit()
  let count = 0
  return {
    async write({ point, time, columns }) {
      count += time.length
      if (count > xlsx_rows_max) throw new ProblemError(xlsxTooLong)
      for (let i = 0; i < time.length; i++) {
        const lead = [point.id, point.device.code, point.indicator, point.unit, zoned(time[i]!), time[i]!]
        sheet.addRow([...lead, ...columns.map((c) => c[i]!)]).commit()
        if (failed) throw failed
        if (i % 2000 === 1999 && stream.writableNeedDrain) await drained(stream)
      }
    },
    async end() {
      sheet.commit()
      await book.commit()
      await finished(stream)
      return statSync(layout.path).size
    },
    async abort() {
      stream.destroy()
      if (!stream.closed) await once(stream, "close")
      rmSync(layout.path, { force: true })
    },
  }
}

/** Has the CSV turned into Parquet by an engine in a process of its own. */
async function convert(task: { csv: string; parquet: string; columns: readonly string[] }, signal: AbortSignal) {
  const child = startChild(new URL("./export-child.ts", import.meta.url), task)
  const stop = () => child.kill("SIGKILL")
  signal.addEventListener("abort", stop)
  const said: Buffer[] = []
  child.stdout!.on("data", (part: Buffer) => said.push(part))
  try {
    const [code] = (await once(child, "close")) as [number | null]
    signal.throwIfAborted()
    if (code !== 0) throw new Error(`Parquet could not be written: ${Buffer.concat(said).toString("utf8") || code}`)
  } finally {
    signal.removeEventListener("abort", stop)
    stop()
  }
}

const xlsxTooLong = problem(
  "xlsx-too-long",
  422,
  `XLSX 最多 ${xlsx_rows_max} 行；请缩小范围，或选 csv、parquet`,
  `An XLSX file holds at most ${xlsx_rows_max} rows; narrow the export, or take csv or parquet`,
  { field: "format", value: "xlsx" },
)
const tooLarge = problem(
  "export-too-large",
  422,
  "导出文件超过 8 GiB，请缩小范围或分次导出",
  "The file would be larger than 8 GiB; export less at once",
  { field: "to" },
)
