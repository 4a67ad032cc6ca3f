/** Exports of the census as jobs: asked for with a reason, followed, cancelled, fetched; each step in the audit trail. */
import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs"
import { join } from "node:path"
import Type from "typebox"
import { type Problem, ProblemError, problem, type Scope } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { type Caller, cursorOf, notFound, pageOf } from "../../../platform/http/index.ts"
import { Id, ListQuery, Page } from "../../../platform/http/views.ts"
import { jobQueue, pace } from "../../../platform/jobs/index.ts"
import { type ExportFormat, export_endings, writeTables } from "../../../platform/tables/index.ts"
import { type Collection, collectionsOf } from "./collections.ts"
import { checkAsk, collectionsAsked, type ExportAsk, ExportRequest, gridOf } from "./export-request.ts"
import { countCollections, drawingOptions, exportTables } from "./export-tables.ts"
import * as store from "./store.ts"
import { CensusExportView } from "./views.ts"

/** An export reads much: one at a time. */
const limits = { running_max: 1, queued_max: 20, own_max: 5 }
export const kept_ms = 7 * 86_400_000
/** Files of all exports together, and what must stay free on their disk. */
const bytes_max = 32 * 1024 ** 3
const free_bytes_min = 1024 ** 3
const another_doors_ms = 86_400_000

type ExportJob = {
  row: store.ExportRecord
  ask: ExportAsk
  collections: Collection[]
  scopes: Scope[]
  caller: Caller
  stop: AbortController
  done: Promise<void> | null
}

export type CensusExports = {
  /** Removes files and rows of exports that ended more than seven days before. */
  forget(): Promise<void>
  /** Stops what runs; it is then told as interrupted at the next start. */
  close(): Promise<void>
}

/**
 * Registers the routes of exports. Files lie in a folder of their own and not among the files by hash, which are kept
 * for ever and in every backup: where pipes lie is not to be kept longer than needed.
 */
export function installExports(app: App): CensusExports {
  const { http, sql, clock } = app
  const { db } = sql
  const folder = join(app.settings.data_dir, "census-exports")
  const all = collectionsOf(app.lifelines)
  const jobs = jobQueue<ExportJob>(limits, run, (error) => app.failed("census-export", error))

  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const ready = tidyUp().catch((error: unknown) => app.failed("census-export", error))

  /** What was under way when a process ended is not gone on with; files that belong to nothing are removed. */
  async function tidyUp() {
    // Among several doors an export may be another's: only what is old enough has surely ended.
    const asked_before = clock.wall() - (app.cluster ? another_doors_ms : 0)
    for (const row of await store.interruptedExports(db, asked_before))
      await store.saveExport(db, { ...row, ...ended("failed"), problem: wordsOf(interrupted) })
    if (app.cluster) return
    const known = new Set((await store.keptFiles(db)).map((file) => file.file_name))
    for (const name of readdirSync(folder)) if (!known.has(name)) rmSync(join(folder, name), { force: true })
  }

  function ended(state: store.ExportState) {
    return { state, ended_at: clock.wall(), ...(state !== "done" && { file_name: null, bytes: 0 }) }
  }

  async function run(job: ExportJob) {
    const { row, stop, caller } = job
    Object.assign(row, { state: "running", started_at: clock.wall() })
    await store.saveExport(db, row)
    const file_name = `census-${row.id}.${export_endings[job.ask.format]}`
    try {
      await write(job, join(folder, file_name))
      stop.signal.throwIfAborted()
      Object.assign(row, { ...ended("done"), progress: 1, file_name })
    } catch (error) {
      rmSync(join(folder, file_name), { force: true })
      if (stop.signal.aborted) Object.assign(row, jobs.closing() ? {} : ended("cancelled"))
      else {
        const found = error instanceof ProblemError ? error.problem : failed((error as Error).message)
        Object.assign(row, { ...ended("failed"), problem: wordsOf(found) })
        if (!(error instanceof ProblemError)) app.failed("census-export", error)
      }
    }
    if (jobs.closing() && row.state !== "done") return
    await store.saveExport(db, row)
    const { state, rows, bytes, reason } = row
    await app.audit(db, caller, "census-export-ended", `census-export:${row.id}`, { state, rows, bytes, reason })
  }

  async function write({ row, ask, collections, scopes, stop }: ExportJob, path: string) {
    const grid = gridOf(ask.crs)
    const counted = await countCollections(db, ask, collections, scopes)
    const total = counted.reduce((n, one) => n + one.count, 0)
    if (total === 0) throw new ProblemError(nothingThere)
    // The rows of tables written before count as well.
    let [before, last] = [0, 0]
    const report = await writeTables(ask.format, path, exportTables(db, ask, counted, scopes, grid), {
      crs: grid,
      ...(ask.format === "dxf" && drawingOptions(app.lifelines, grid)),
      signal: stop.signal,
      progress(rows) {
        if (rows < last) before += last
        last = rows
        row.rows = before + rows
        row.progress = Math.min(0.99, row.rows / total)
        stop.signal.throwIfAborted()
        if (freeBytes(folder) < free_bytes_min) throw new ProblemError(diskLow)
      },
    })
    Object.assign(row, { rows: report.rows, bytes: report.bytes, losses: report.problems })
  }

  http.route({
    method: "POST",
    url: "/api/census/exports",
    permission: "census.export",
    summary:
      "Export what the census knows as GeoPackage, Shapefile, DXF, XLSX, GeoJSON or CSV; answers with the number of the export",
    body: ExportRequest,
    response: Type.Object({ id: Id }),
    async handler({ body, scopes, caller }) {
      const ask = body as ExportAsk
      checkAsk(ask)
      await ready
      const collections = collectionsAsked(all, ask, scopes)
      if (!jobs.hasRoom(caller.login)) throw new ProblemError(busy)
      const kept = (await store.keptFiles(db)).reduce((n, file) => n + file.bytes, 0)
      if (kept > bytes_max) throw new ProblemError(full)
      const { reason, ...request } = ask
      const { id: asked_by, login: asked_by_name } = caller
      const asked = { asked_by, asked_by_name, reason, request, created_at: clock.wall() }
      const row = await store.insertExport(db, asked)
      await app.audit(db, caller, "census-export", `census-export:${row.id}`, ask)
      const job: ExportJob = { row, ask, collections, scopes, caller, stop: new AbortController(), done: null }
      jobs.add(job)
      return { id: row.id }
    },
  })

  http.route({
    method: "GET",
    url: "/api/census/exports",
    permission: "census.export",
    summary: "My exports of the census, newest first",
    query: Type.Object(ListQuery),
    response: Page(CensusExportView),
    async handler({ query, caller }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listExports(db, caller.login, limit, offset)
      return pageOf(rows.map(view), total, limit, offset)
    },
  })

  /** Somebody's own export; another's does not exist. */
  async function mine(id: number, caller: Caller): Promise<store.ExportRecord> {
    const row = jobs.find(id)?.row ?? (await store.findExport(db, id))
    if (!row || (row.asked_by_name !== caller.login && caller.kind !== "command"))
      throw new ProblemError(notFound("export", id))
    return row
  }
  const params = Type.Object({ id: Id })

  http.route({
    method: "GET",
    url: "/api/census/exports/:id",
    permission: "census.export",
    summary: "An export's progress",
    params,
    response: CensusExportView,
    handler: async ({ params: { id }, caller }) => view(await mine(id, caller)),
  })

  http.route({
    method: "GET",
    url: "/api/census/exports/:id/file",
    permission: "census.export",
    summary: "The file of an export that is done",
    params,
    async handler({ params: { id }, caller, reply }) {
      const row = await mine(id, caller)
      if (row.state !== "done" || row.file_name === null) throw new ProblemError(notDone(row.state))
      const path = join(folder, row.file_name)
      if (!existsSync(path)) throw new ProblemError(notFound("file", row.file_name))
      await app.audit(db, caller, "census-export-fetched", `census-export:${id}`, {
        rows: row.rows,
        reason: row.reason,
      })
      return reply
        .header("content-type", content_types[(row.request as ExportAsk).format])
        .header("content-length", String(row.bytes))
        .header("content-disposition", `attachment; filename="${row.file_name}"`)
        .send(createReadStream(path))
    },
  })

  http.route({
    method: "DELETE",
    url: "/api/census/exports/:id",
    permission: "census.export",
    summary: "Cancel an export, or remove one that has ended together with its file",
    params,
    response: Type.Object({ ok: Type.Boolean() }),
    async handler({ params: { id }, caller }) {
      const row = await mine(id, caller)
      const job = jobs.find(row.id)
      await app.audit(db, caller, job ? "census-export-cancel" : "census-export-remove", `census-export:${id}`, {})
      if (!job) await remove(row)
      else if ((await jobs.breakOff(job)) === "waiting") {
        Object.assign(row, ended("cancelled"))
        await store.saveExport(db, row)
      } else {
        // It was done before it could be stopped, and is what the caller wanted gone.
        if (job.row.state === "done") await remove(job.row)
      }
      return { ok: true }
    },
  })

  async function remove(row: store.ExportRecord) {
    if (row.file_name !== null) rmSync(join(folder, row.file_name), { force: true })
    await store.deleteExport(db, row.id)
  }

  function view(stored: store.ExportRecord) {
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
      for (const row of await store.oldExports(db, clock.wall() - kept_ms)) await remove(row)
    },
    async close() {
      await jobs.close()
      await ready
    },
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

const content_types: Record<ExportFormat, string> = {
  gpkg: "application/geopackage+sqlite3",
  shp: "application/zip",
  dxf: "image/vnd.dxf",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  geojson: "application/geo+json",
  csv: "text/csv; charset=utf-8",
}
const wordsOf = ({ code, title }: Problem) => ({ code, title })

const interrupted = problem(
  "export-interrupted",
  503,
  "平台在导出期间停止，文件未完成；请重新导出",
  "The platform stopped during the export; ask for it again",
)
const failed = (reason: string) => problem("export-failed", 500, `导出失败：${reason}`, `The export failed: ${reason}`)
const diskLow = problem(
  "disk-full",
  507,
  "磁盘空间不足 1 GiB，导出已停止；请先腾出空间",
  "Less than 1 GiB is free on the disk, the export was stopped; free some space first",
)
const busy = problem(
  "exports-busy",
  429,
  `排队的导出过多（每人 ${limits.own_max} 个，共 ${limits.queued_max} 个）；请等它们完成`,
  `Too many exports wait (${limits.own_max} of one person, ${limits.queued_max} in all); wait until some are done`,
)
const full = problem(
  "exports-full",
  507,
  "已有的导出文件过多（32 GiB），请先删除旧的",
  "The files of earlier exports take 32 GiB; remove some first",
)
const nothingThere = problem(
  "nothing-to-export",
  404,
  "没有符合条件的设施，或不在您的权限范围内",
  "Nothing fits, or it is outside what you may see",
)
const notDone = (state: string) =>
  problem("export-not-done", 409, `导出尚未完成（${state}）`, `The export is not done (${state})`, {
    field: "state",
    value: state,
  })
