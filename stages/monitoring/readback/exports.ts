import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs"
import { join } from "node:path"
import Type from "typebox"
import { ProblemError, problem } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { type Caller, cursorOf, notFound, pageOf } from "../../../platform/http/index.ts"
import { Id, ListQuery, Page, Time } from "../../../platform/http/views.ts"
import { jobQueue, pace } from "../../../platform/jobs/index.ts"
import type { PointRecord, Registry } from "../registry.ts"
import { type ExportFormat, export_formats, openWriter, xlsx_rows_max } from "./export-files.ts"
import { type ExportKind, export_kinds, exportRows, valueColumns } from "./export-rows.ts"
import { Step, step_ms } from "./routes.ts"
import * as store from "./store.ts"
import { ExportView } from "./views.ts"
import { checkSpan, tooMany, type Visible } from "./visible.ts"

/** An export reads much: one at a time. */
const limits = { running_max: 2, queued_max: 20, own_max: 5 }
const points_max = 20_000
const span_ms_max = 3660 * 86_400_000
export const kept_ms = 7 * 86_400_000
/** Files of all exports together, and what must stay free on their disk. */
const bytes_max = 32 * 1024 ** 3
const free_bytes_min = 1024 ** 3

const Request = Type.Object({
  points: Type.Optional(Type.Array(Id, { maxItems: points_max })),
  filter: Type.Optional(
    Type.Object({
      lifeline: Type.Optional(Type.String({ maxLength: 100 })),
      area: Type.Optional(Type.String({ maxLength: 100 })),
      indicator: Type.Optional(Type.String({ maxLength: 100 })),
      q: Type.Optional(Type.String({ maxLength: 100 })),
    }),
  ),
  from: Time,
  to: Time,
  what: Type.Union(export_kinds.map((kind) => Type.Literal(kind))),
  step: Type.Optional(Step),
  format: Type.Union(export_formats.map((format) => Type.Literal(format))),
  bom: Type.Optional(Type.Boolean()),
})
type Asked = {
  points?: number[]
  filter?: { lifeline?: string; area?: string; indicator?: string; q?: string }
  from: number
  to: number
  what: ExportKind
  step?: keyof typeof step_ms
  format: ExportFormat
  bom?: boolean
}
type ExportJob = {
  row: store.ExportRow
  points: PointRecord[]
  asked: Asked
  stop: AbortController
  done: Promise<void> | null
}

const another_doors_ms = 86_400_000

export type Exports = {
  /** Removes files and rows of exports that ended more than seven days before. */
  forget(): Promise<void>
  /** Stops what runs; it is then told as interrupted at the next start. */
  close(): Promise<void>
}

/** Exports as jobs: asked for, followed, cancelled and fetched. */
export async function installExports(
  app: Pick<App, "http" | "sql" | "series" | "cluster" | "settings" | "clock" | "audit" | "failed">,
  visible: Visible,
  registry: () => Registry,
): Promise<Exports> {
  const { http, sql, clock } = app
  const folder = join(app.settings.data_dir, "exports")
  const jobs = jobQueue<ExportJob>(limits, run, (error) => app.failed("export", error))

  mkdirSync(folder, { recursive: true })
  // Whatever was under way when the process ended is not gone on with: it may be asked for again.
  // Among several doors it may be another's: only what is old enough has surely ended.
  const asked_before = app.cluster ? clock.wall() - another_doors_ms : Number.POSITIVE_INFINITY
  const interrupted = (await store.interruptedExports(sql.db)).filter((row) => row.created_at < asked_before)
  for (const row of interrupted)
    await store.saveExport(sql.db, { ...row, ...ended("failed"), problem: wordsOf(interruptedProblem) })
  const known = new Set(await store.keptFiles(sql.db))
  for (const name of readdirSync(folder))
    if (!known.has(name)) rmSync(join(folder, name), { recursive: true, force: true })

  function ended(state: store.ExportState) {
    return { state, ended_at: clock.wall(), ...(state !== "done" && { file_name: null, bytes: 0 }) }
  }

  async function run(job: ExportJob) {
    const { row, asked, points, stop } = job
    const file_name = `readings-${row.id}.${asked.format}`
    const units = new Set(points.map((p) => p.unit))
    Object.assign(row, { state: "running", started_at: clock.wall(), file_name })
    await store.saveExport(sql.db, row)
    const writer = openWriter(asked.format, {
      path: join(folder, file_name),
      columns: valueColumns[asked.what],
      unit: units.size === 1 ? [...units][0]! : null,
      zone: app.settings.time_zone,
      bom: asked.bom ?? true,
    })
    try {
      const span = spanOf(asked)
      for await (const part of exportRows(app.series, points, span, asked.what, asked.step ?? "1h")) {
        stop.signal.throwIfAborted()
        for (const rows of part.rows) {
          if (rows.time.length > 0) await writer.write(rows)
          row.rows += rows.time.length
        }
        row.progress = Math.min(0.99, part.done)
        if (freeBytes(folder) < free_bytes_min) throw new ProblemError(diskLow)
      }
      row.bytes = await writer.end(stop.signal)
      stop.signal.throwIfAborted()
      Object.assign(row, { ...ended("done"), progress: 1 })
    } catch (error) {
      await writer.abort()
      if (stop.signal.aborted) Object.assign(row, jobs.closing() ? {} : ended("cancelled"))
      else {
        const found = error instanceof ProblemError ? error.problem : exportFailed((error as Error).message)
        Object.assign(row, { ...ended("failed"), problem: wordsOf(found) })
        if (!(error instanceof ProblemError)) app.failed("export", error)
      }
    }
    if (!jobs.closing() || row.state === "done") await store.saveExport(sql.db, row)
  }

  /** The points asked for, all of which the caller may see. */
  async function pointsOf(asked: Asked, scopes: Parameters<Visible["all"]>[0]): Promise<PointRecord[]> {
    const { points } = registry()
    if (asked.points !== undefined && asked.points.length > 0)
      return await visible.these(scopes, asked.points.join(","), points_max)
    if (asked.filter === undefined) throw new ProblemError(nothingAsked)
    const ids = await visible.all(scopes, asked.filter)
    if (ids.length > points_max) throw new ProblemError(tooMany(ids.length, points_max))
    return ids.map((id) => points.get(id)!)
  }

  http.route({
    method: "POST",
    url: "/api/monitoring/exports",
    permission: "readings.read",
    summary: "Export readings, roll-ups or waveforms as CSV, XLSX or Parquet; answers with the number of the export",
    body: Request,
    body_bytes_max: 1024 * 1024,
    response: Type.Object({ id: Id }),
    async handler({ body, scopes, caller }) {
      const asked = body as Asked
      checkSpan(asked.from, asked.to)
      if (asked.to - asked.from > span_ms_max) throw new ProblemError(spanTooLong)
      if (!jobs.hasRoom(caller.login)) throw new ProblemError(exportsBusy)
      if ((await store.bytesOfExports(sql.db)) > bytes_max) throw new ProblemError(exportsFull)
      const points = (await pointsOf(asked, scopes)).filter(
        (p) => (p.spec.waveform !== undefined) === (asked.what === "waves"),
      )
      if (points.length === 0) throw new ProblemError(noPoints)
      const rows = expected(asked, points)
      if (asked.format === "xlsx" && rows > 2 * xlsx_rows_max) throw new ProblemError(xlsxHopeless(rows))
      const request = {
        ...asked,
        points: points.length <= 1000 ? points.map((p) => p.id) : undefined,
        point_count: points.length,
      }
      const { id: asked_by, login: asked_by_name } = caller
      const row = await store.insertExport(sql.db, { asked_by, asked_by_name, request, created_at: clock.wall() })
      await app.audit(sql.db, caller, "export", `export:${row.id}`, { ...asked, points: points.length })
      const job: ExportJob = { row, points, asked, stop: new AbortController(), done: null }
      jobs.add(job)
      return { id: row.id }
    },
  })

  http.route({
    method: "GET",
    url: "/api/monitoring/exports",
    permission: "readings.read",
    summary: "My exports, newest first",
    query: Type.Object(ListQuery),
    response: Page(ExportView),
    async handler({ query, caller }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listExports(sql.db, caller.login, limit, offset)
      return pageOf(rows.map(view), total, limit, offset)
    },
  })

  /** Somebody's own export; another's does not exist. */
  async function mine(id: number, caller: Caller): Promise<store.ExportRow> {
    const row = jobs.find(id)?.row ?? (await store.findExport(sql.db, id))
    if (!row || (row.asked_by_name !== caller.login && caller.kind !== "command"))
      throw new ProblemError(notFound("export", id))
    return row
  }
  const params = Type.Object({ id: Id })

  http.route({
    method: "GET",
    url: "/api/monitoring/exports/:id",
    permission: "readings.read",
    summary: "An export's progress",
    params,
    response: ExportView,
    handler: async ({ params, caller }) => view(await mine(params.id, caller)),
  })
  http.route({
    method: "GET",
    url: "/api/monitoring/exports/:id/file",
    permission: "readings.read",
    summary: "The file of an export that is done",
    params,
    async handler({ params, caller, reply }) {
      const row = await mine(params.id, caller)
      if (row.state !== "done" || row.file_name === null) throw new ProblemError(notDone(row.state))
      if (!existsSync(join(folder, row.file_name))) throw new ProblemError(notFound("file", row.file_name))
      const type = contentTypes[row.file_name.split(".").at(-1) as ExportFormat]
      return reply
        .header("content-type", type)
        .header("content-length", String(row.bytes))
        .header("content-disposition", `attachment; filename="${row.file_name}"`)
        .send(createReadStream(join(folder, row.file_name)))
    },
  })
  http.route({
    method: "DELETE",
    url: "/api/monitoring/exports/:id",
    permission: "readings.read",
    summary: "Cancel an export, or remove one that has ended together with its file",
    params,
    response: Type.Object({ ok: Type.Boolean() }),
    async handler({ params, caller }) {
      const row = await mine(params.id, caller)
      const job = jobs.find(row.id)
      await app.audit(sql.db, caller, job ? "export-cancel" : "export-remove", `export:${row.id}`, {})
      if (!job) await remove(row)
      else if ((await jobs.breakOff(job)) === "waiting") {
        Object.assign(row, ended("cancelled"))
        await store.saveExport(sql.db, row)
      } else {
        // It was done before it could be stopped, and is what the caller wanted gone.
        if (job.row.state === "done") await remove(job.row)
      }
      return { ok: true }
    },
  })

  async function remove(row: store.ExportRow) {
    if (row.file_name !== null) rmSync(join(folder, row.file_name), { force: true })
    await store.deleteExport(sql.db, row.id)
  }

  function view(stored: store.ExportRow) {
    const row = jobs.find(stored.id)?.row ?? stored
    const { asked_by_name: _name, ...shown } = row
    return {
      ...shown,
      ...pace(row, clock.wall()),
      expires_at: row.ended_at === null ? null : row.ended_at + kept_ms,
    }
  }

  return {
    async forget() {
      for (const row of await store.oldExports(sql.db, clock.wall() - kept_ms)) await remove(row)
    },
    close: jobs.close,
  }
}

/** Roll-ups come in whole steps. */
function spanOf(asked: Asked): { from: number; to: number } {
  if (asked.what !== "rollups") return { from: asked.from, to: asked.to }
  const step = step_ms[asked.step ?? "1h"]
  return { from: Math.floor(asked.from / step) * step, to: Math.ceil(asked.to / step) * step }
}

/** Rows that the points' intervals let expect. */
function expected(asked: Asked, points: readonly PointRecord[]): number {
  const ms = asked.to - asked.from
  if (asked.what === "rollups") return (points.length * ms) / step_ms[asked.step ?? "1h"]
  const every_ms = (p: PointRecord) =>
    asked.what === "waves" ? 1000 / (p.spec.waveform?.rate_hz_min ?? 1) : Math.max(1, p.interval_ms)
  return points.reduce((n, p) => n + ms / every_ms(p), 0)
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

const contentTypes: Record<ExportFormat, string> = {
  csv: "text/csv; charset=utf-8",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  parquet: "application/vnd.apache.parquet",
}
const wordsOf = ({ code, title }: { code: string; title: { zh: string; en: string } }) => ({ code, title })

const interruptedProblem = problem(
  "export-interrupted",
  503,
  "平台在导出期间停止，文件未完成；请重新导出",
  "The platform stopped during the export; ask for it again",
)
const exportFailed = (reason: string) =>
  problem("export-failed", 500, `导出失败：${reason}`, `The export failed: ${reason}`)
const diskLow = problem(
  "disk-full",
  507,
  "磁盘空间不足 1 GiB，导出已停止；请先腾出空间",
  "Less than 1 GiB is free on the disk, the export was stopped; free some space first",
)
const exportsBusy = problem(
  "exports-busy",
  429,
  `排队的导出过多（每人 ${limits.own_max} 个，共 ${limits.queued_max} 个）；请等它们完成`,
  `Too many exports wait (${limits.own_max} of one person, ${limits.queued_max} in all); wait until some are done`,
)
const exportsFull = problem(
  "exports-full",
  507,
  "已有的导出文件过多（32 GiB），请先删除旧的",
  "The files of earlier exports take 32 GiB; remove some first",
)
const nothingAsked = problem("nothing-asked", 400, "请写明 points 或 filter", "Say points or a filter", {
  field: "points",
})
const noPoints = problem(
  "no-points",
  404,
  "没有符合条件的测点；波形用 what=waves，其他用 readings 或 rollups",
  "No point fits; waveforms need what=waves, others readings or rollups",
  { field: "points" },
)
const spanTooLong = problem("bad-range", 400, "时段最长 10 年", "The range is at most 10 years", { field: "to" })
const xlsxHopeless = (rows: number) =>
  problem(
    "xlsx-too-long",
    422,
    `预计 ${Math.round(rows)} 行，XLSX 最多 ${xlsx_rows_max} 行；请缩小范围，或选 csv、parquet`,
    `About ${Math.round(rows)} rows are expected and an XLSX file holds ${xlsx_rows_max}; narrow the export, or take csv or parquet`,
    { field: "format", value: "xlsx" },
  )
const notDone = (state: string) =>
  problem("export-not-done", 409, `导出状态为 ${state}，没有可下载的文件`, `The export is ${state}; there is no file`, {
    field: "state",
    value: state,
  })
