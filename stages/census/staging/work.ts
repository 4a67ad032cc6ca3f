/** One check of a delivery, start to end: read, propose coordinates, check, write; nothing is kept before all is done. */
import type { Lifeline } from "../../../lifelines/contract.ts"
import { type LonLat, ProblemError, problem } from "../../../model/index.ts"
import { bulk, type Sql } from "../../../platform/sql/index.ts"
import { type Built, buildChanges } from "../changes/index.ts"
import { checkSurvey, defaultCheckSettings } from "../checks/index.ts"
import * as decided from "../issues/index.ts"
import {
  placeSheets,
  readSheets,
  type Sheets,
  sheetNumbers,
  sheetProducer,
  sheetTable,
  takeSheets,
} from "../sheets/index.ts"
import { readSurvey, type Survey, type SurveyReading } from "../survey/index.ts"
import { goodRows } from "./good-rows.ts"
import { contentHash, nameOf } from "./names.ts"
import { type Producer, surveyProducer } from "./producers.ts"
import { issueRows, wantedRows } from "./rows.ts"
import * as store from "./store.ts"
import { chooseSystem, type NamedCrs, placeSurvey, ringInPlane } from "./systems.ts"
import { as_district, type District, lettingGo, tablesOf } from "./tables.ts"
import type { CheckReport, Delivery, DeliveryFile, FromWorker, Phase, WorkerInput } from "./types.ts"

type Tell = (message: FromWorker) => void

/** Issues that are kept; further ones are counted, and the rows they are about wait all the same. */
const issues_max = 2_000_000

/** Throws a ProblemError where the delivery cannot be read; then nothing was written. */
export async function work(sql: Sql, input: WorkerInput, lifelines: readonly Lifeline[], tell: Tell): Promise<void> {
  const delivery = await store.findDelivery(sql.db, input.delivery_id)
  if (!delivery) return
  const files = await store.filesOf(sql.db, delivery.id)
  const say = (phase: Phase, rows: number, rows_total: number) =>
    tell({ kind: "progress", progress: { phase, rows, rows_total } })

  say("read", 0, 0)
  const {
    survey,
    issues: read_issues,
    others,
    named,
    district,
    sheets: read_sheets,
  } = await readDelivery(sql, delivery, files, lifelines, input, (n) => say("read", n, 0))
  const rows = survey.points.count + survey.lines.count + read_sheets.rows
  const { system, plane, choice, proposals } = chooseSystem(numbersOf(survey, read_sheets), {
    chosen: delivery.system,
    named,
    near: centreOf(district) ?? input.near,
  })
  placeSurvey(survey, system)

  say("check", 0, rows)
  const exceptions = await decided.exceptionsOf(sql.db, delivery.id)
  const settings = { ...defaultCheckSettings, district: plane && district && ringInPlane(district, plane) }
  const found = checkSurvey(survey, settings, {
    exceptions,
    progress: (_rule, share) => say("check", Math.round(rows * share), rows),
  })
  const sheets = placeSheets(read_sheets, system, exceptions)
  const issues = [...read_issues, ...found, ...sheets.issues]
  const good = goodRows(survey, issues)
  const report: CheckReport = {
    rows,
    points: survey.points.count,
    lines: survey.lines.count,
    publishable: good.publishable + sheets.publishable(good),
    counts: countByRule(issues),
    tables: [...survey.tables, ...sheets.sheets.map(sheetTable)],
    others,
    leftovers: [],
    issues_left_out: Math.max(0, issues.length - issues_max),
  }

  const wants_changes = delivery.job === "submit" && (system !== null || survey.tables.length === 0)
  await bulk(sql, async (on) => {
    tell({ kind: "pid", pid: on.server_pid })
    const kept = issues.length > issues_max ? issues.slice(0, issues_max) : issues
    await decided.writeIssues(
      on,
      delivery.id,
      issueRows(delivery.id, kept, system, (n) => say("write", n, kept.length)),
    )
    let built: Built | null = null
    if (wants_changes) {
      const { accuracy } = delivery
      const producers = [
        ...(system ? [surveyProducer({ survey, lifelines, system, choice: choice!, accuracy, good })] : []),
        sheetProducer({ sheets, choice, accuracy, good }),
      ]
      const assets = wantedRows(allAssets(producers), (n) => say("changes", n, rows))
      built = await buildChanges(on, changeInput(delivery, files, input), assets, () =>
        producers.reduce((n, producer) => n + producer.placeless(), 0),
      )
      if (!built.ok) throw new ProblemError(stoodTwice(built.twice))
      report.leftovers = producers.flatMap((producer) => producer.leftovers())
    }
    const status = built?.ok && !built.empty ? "submitted" : "checked"
    const done = { status, report, system: choice, proposals, at: input.now } as const
    // Cancelled meanwhile, or begun anew: nothing of this run may be seen.
    if (!(await store.writeReport(on, delivery.id, input.attempt, done))) throw new Superseded()
  })
}

/** The delivery is no longer this run's business. */
export class Superseded extends Error {}

async function readDelivery(
  sql: Sql,
  delivery: Delivery,
  files: readonly DeliveryFile[],
  lifelines: readonly Lifeline[],
  input: WorkerInput,
  told: (rows: number) => void,
): Promise<SurveyReading & { named: NamedCrs[]; district: District | null; sheets: Sheets }> {
  const laid_out = files.map((file) => ({ ...file, file_name: nameOf(file), path: input.paths[file.hash]! }))
  const remembered = await store.rememberedColumns(sql.db)
  const chosen = new Set(delivery.mapping.map((choice) => `${choice.kind} ${choice.column}`))
  const { tables, others, named: named_tables, district } = await tablesOf(laid_out, input.folder, told)
  const choices = [
    ...delivery.mapping,
    ...remembered
      .filter((choice) => !chosen.has(`${choice.kind} ${choice.column}`))
      .map((choice) => ({ ...choice, remembered: true })),
  ]
  const upload = new Map(laid_out.map((file) => [file.file_name, file.upload]))
  const corrections = await decided.correctionsOf(sql.db, delivery.id)
  const { taken, rest } = takeSheets(tables, lifelines, choices)
  tables.length = 0 // Each is let go of once it is read.
  const reading = readSurvey(lettingGo(rest), { upload, choices, corrections })
  const sheets = readSheets(taken, { upload, corrections, base: reading.survey.tables.length })
  const surveyed = new Set(reading.survey.tables.map((table) => `${table.file} ${table.name}`))
  const named = named_tables.filter((table) => surveyed.has(`${table.file} ${table.name}`)).map((table) => table.crs)
  const unused = reading.others.map((other) =>
    district?.file === other.file && district.name === other.name ? { ...other, why: as_district } : other,
  )
  return { ...reading, others: [...unused, ...others], named, district, sheets }
}

/** The numbers of which a coordinate system is to be found: the survey's, or those of sheets where it has none. */
function numbersOf(survey: Survey, sheets: Sheets): Survey {
  if (survey.points.count > 0) return survey
  return { ...survey, points: { ...survey.points, number: { ...survey.points.number, ...sheetNumbers(sheets) } } }
}

/** The middle of a district in degrees: the delivery lies there, wherever the rest of the city is. */
function centreOf(district: District | null): LonLat | null {
  if (!district?.ring.every(([x, y]) => Math.abs(x!) <= 180 && Math.abs(y!) <= 90)) return null
  const middle = (axis: 0 | 1) => {
    const values = district.ring.map((corner) => corner[axis]!)
    return (Math.min(...values) + Math.max(...values)) / 2
  }
  return [middle(0), middle(1)]
}

function* allAssets(producers: readonly Producer[]) {
  for (const producer of producers) yield* producer.assets()
}

function changeInput(delivery: Delivery, files: readonly DeliveryFile[], input: WorkerInput) {
  return {
    delivery_id: delivery.id,
    source: delivery.source,
    content_hash: contentHash(files),
    complete: delivery.complete,
    owner_id: delivery.owner_id,
    submitted_at: input.now,
    submitted_by: delivery.submitted_by,
    submitted_name: delivery.submitted_name ?? "",
  }
}

function countByRule(issues: readonly { rule: string }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { rule } of issues) counts[rule] = (counts[rule] ?? 0) + 1
  return counts
}

const stoodTwice = ({ source_id, n }: { source_id: string; n: number }) =>
  problem(
    "asset-twice",
    422,
    `成果中有 ${n} 行都成为设施 ${source_id}，无法区分：请改正点号或起止点后重新检查`,
    `${n} rows of the delivery would all be the asset ${source_id}: correct their numbers and check again`,
    { field: "source_id", value: source_id },
  )
