/** Staging (暂存): deliveries between their upload and the census, and the changes a second person approves. */
import type { Problem } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { changeRoutes, changeSetsOf } from "../changes/index.ts"
import * as decided from "../issues/index.ts"
import type { Census } from "../types.ts"
import { deliveries } from "./deliveries.ts"
import { openDesk } from "./desk.ts"
import { issueRoutes } from "./issue-routes.ts"
import { startJobs } from "./jobs.ts"
import { contentHash } from "./names.ts"
import { ruleWords, stagingRoutes } from "./routes.ts"
import * as store from "./store.ts"
import type { Delivery, Progress } from "./types.ts"
import type { DeliveryView } from "./views.ts"

export { attributeHistory } from "../changes/index.ts"
export type { Delivery, DeliveryStatus, WantedAsset } from "./types.ts"

export type StagingHooks = {
  /** After something was published or undone: everything that keeps the census in memory takes these batches in. */
  refresh(batch_ids: number[]): Promise<void>
}

export type Staging = {
  /** How far the check of a delivery is; null where none waits or runs. */
  progress(delivery_id: number): Progress | null
  /** Resolves when no check waits or runs. */
  idle(): Promise<void>
  /** Ends the check that runs; it begins anew at the next start. */
  stop(): Promise<void>
}

/** Registers the routes of deliveries and changes, and takes up the checks that the last stop broke off. */
export function installStaging(app: App, census: Census, hooks: StagingHooks): Staging {
  const jobs = startJobs(app, census.center)
  const progress = jobs.progress
  const desk = openDesk(app, deliveries(app, jobs), (delivery) => viewOf(app, delivery, progress(delivery.id)))
  stagingRoutes(app, desk)
  issueRoutes(app, desk)
  changeRoutes(app, {
    refresh: hooks.refresh,
    rebuild: (caller, seen, delivery_id) => desk.submit({ caller, seen }, delivery_id),
  })
  return { progress, idle: jobs.idle, stop: jobs.stop }
}

async function viewOf(app: App, d: Delivery, progress: Progress | null): Promise<DeliveryView> {
  const { db } = app.sql
  const [files, by_state, change_sets] = await Promise.all([
    store.filesOf(db, d.id),
    // A running check is asked for often, and its issues are not there yet.
    d.status === "checking" ? [] : decided.issueCounts(db, d.id),
    changeSetsOf(db, d.id),
  ])
  const same_as = files.length > 0 ? await store.publishedAlike(db, d.id, contentHash(files)) : null
  const { report } = d
  return {
    id: d.id,
    name: d.name,
    source: d.source,
    status: d.status,
    complete: d.complete,
    valid_from: d.valid_from,
    accuracy: d.accuracy,
    owner_id: d.owner_id,
    created_at: d.created_at,
    created_name: d.created_name,
    checked_at: d.checked_at,
    stale: d.stale,
    system: d.system,
    proposals: d.proposals,
    files,
    rows: report?.rows ?? null,
    publishable: report?.publishable ?? null,
    counts: report?.counts ?? {},
    rules: ruleCounts(by_state),
    issues_left_out: report?.issues_left_out ?? 0,
    tables: report?.tables ?? [],
    others: report?.others ?? [],
    leftovers: report?.leftovers ?? [],
    progress: d.status === "checking" ? (progress ?? waiting) : null,
    problem: d.problem && problemView(d.problem),
    change_sets,
    same_as,
  }
}

const problemView = ({ code, status, title, field, value }: Problem): DeliveryView["problem"] => ({
  type: `about:blank#${code}`,
  title: title.en,
  status,
  code,
  words: title,
  ...(field !== undefined && { field }),
  ...(value !== undefined && { value }),
})

const waiting: Progress = { phase: "waiting", rows: 0, rows_total: 0, rate_per_s: null, seconds_left: null }

function ruleCounts(rows: Awaited<ReturnType<typeof decided.issueCounts>>): DeliveryView["rules"] {
  const by_rule = new Map<string, DeliveryView["rules"][number]>()
  for (const { rule, state, n, fixes } of rows) {
    const { name, says, blocks } = ruleWords(rule)
    const count = by_rule.get(rule) ?? { rule, name, says, blocks, open: 0, fixed: 0, accepted: 0, fixes: 0 }
    count[state] += n
    if (state === "open") count.fixes += fixes
    by_rule.set(rule, count)
  }
  return [...by_rule.values()]
}
