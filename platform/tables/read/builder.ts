/** Builds a table column by column within the limits of reading. */
import type { Words } from "../../../model/index.ts"
import type { Cell, ReadLimits, ReadOptions, Table, TableFormat, TableGeometry } from "../contract.ts"
import { tooLarge } from "./refuse.ts"

/** What every reader is given: the file's path on disk, its name for people, and what reading may cost. */
export type Source = {
  path: string
  file: string
  limits: ReadLimits
  options: ReadOptions
  /** The bytes at `path` are unpacked already, whatever the name says. */
  unpacked?: boolean
}

/** Most problems that a table lists; one more says that there were more. */
const problems_max = 1000
const rows_between_reports = 20_000

export type TableBuilder = {
  /** Puts a value into the row that is being built; null leaves the cell empty. */
  set(column: number, value: Cell): void
  /** Ends the row; a row with neither value nor geometry is left out, as blank lines are. Returns whether it was kept. */
  end(row: number, geometry?: TableGeometry | null): boolean
  /** Adds a row with the values of the last one and another geometry: a further part of the same thing. */
  repeat(row: number, geometry: TableGeometry): void
  /** The column of a name where the format names columns as it goes. */
  column(name: string): number
  setCrs(crs: Table["crs"]): void
  problem(row: number | null, field: string, value: string, words: Words): void
  /** Rows so far. */
  count(): number
  finish(): Table
}

export type TableStart = {
  name: string
  format: TableFormat
  columns?: string[] | null
  with_geometry?: boolean
  crs?: Table["crs"]
  hidden?: boolean
  /** Rows without a value are kept where the format counts records. */
  keep_blank?: boolean
}

export function createBuilder(source: Source, start: TableStart): TableBuilder {
  const { limits, file, options } = source
  const cells: Cell[][] = []
  let rows = new Uint32Array(1024)
  let count = 0
  let filled = false
  let dropped = 0
  const geometry: (TableGeometry | null)[] | null = start.with_geometry ? [] : null
  const problems: Table["problems"] = []
  const columnAt = (column: number): Cell[] => {
    if (column >= limits.columns_max)
      throw tooLarge(
        file,
        `列数超过 ${limits.columns_max}；请删去多余的列后重试`,
        `more than ${limits.columns_max} columns; delete the ones that are not needed`,
      )
    while (cells.length <= column) cells.push([])
    return cells[column]!
  }
  const columns = start.columns ? [...start.columns] : null
  const by_name = new Map((columns ?? []).map((name, i) => [name, i]))
  let crs = start.crs ?? null
  if (columns && columns.length > 0) columnAt(columns.length - 1)
  const builder: TableBuilder = {
    column(name) {
      const known = by_name.get(name)
      if (known !== undefined) return known
      const at = cells.length
      columnAt(at)
      columns?.push(name)
      by_name.set(name, at)
      return at
    },
    setCrs(said) {
      crs = said
    },
    repeat(row, shape) {
      for (const [i, list] of cells.entries()) builder.set(i, list[count - 1] ?? null)
      builder.end(row, shape)
    },
    set(column, value) {
      if (value === null) return
      const list = cells[column] ?? columnAt(column)
      if (typeof value === "string" && value.length > limits.cell_chars_max) throw longCell(source, count, column)
      while (list.length < count) list.push(null)
      list[count] = value
      filled = true
    },
    end(row, shape = null) {
      if (!filled && shape === null && !start.keep_blank) return false
      if (count >= limits.rows_max)
        throw tooLarge(
          file,
          `行数超过 ${limits.rows_max}；请分成几个文件`,
          `more than ${limits.rows_max} rows; split it into several files`,
        )
      if (count === rows.length) {
        const wider = new Uint32Array(rows.length * 2)
        wider.set(rows)
        rows = wider
      }
      rows[count] = row
      geometry?.push(shape)
      count++
      filled = false
      if (count % rows_between_reports === 0) options.progress?.(count)
      return true
    },
    problem(row, field, value, words) {
      if (problems.length < problems_max) problems.push({ row, field, value: value.slice(0, 200), words })
      else dropped++
    },
    count: () => count,
    finish() {
      for (const list of cells) while (list.length < count) list.push(null)
      if (dropped > 0)
        problems.push({
          row: null,
          field: "",
          value: String(dropped),
          words: {
            zh: `另有 ${dropped} 处同类问题未逐一列出`,
            en: `${dropped} further problems are not listed one by one`,
          },
        })
      options.progress?.(count)
      return {
        file,
        name: start.name,
        format: start.format,
        columns,
        cells,
        ...(start.hidden ? { hidden: true } : {}),
        rows: rows.slice(0, count),
        geometry,
        crs,
        problems,
      }
    },
  }
  return builder
}

const longCell = ({ file, limits }: Source, row: number, column: number) =>
  tooLarge(
    file,
    `第 ${row + 1} 条记录第 ${column + 1} 列的内容超过 ${limits.cell_chars_max} 个字符；请检查该处是否有未闭合的引号`,
    `the value of record ${row + 1}, column ${column + 1} is longer than ${limits.cell_chars_max} characters; look for a quote that is never closed`,
  )
