/** A second person decides on a change set: publish, reject, take back. Each is one transaction: all of it or nothing. */
import { assert, type Problem, ProblemError, problem } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { type Caller, notFound } from "../../../platform/http/index.ts"
import { sqlState, type Tx, transaction } from "../../../platform/sql/index.ts"
import { findChangeSet, lockChangeSet, type Seen } from "../changes/store.ts"
import type { ChangeSet, Conflict } from "../changes/types.ts"
import * as store from "./store.ts"

/** Assets named in the answer to a conflict. */
const named_max = 20

export type Decision = { change_set: ChangeSet; batch_ids: number[] }

const nameOf = (caller: Caller) => caller.name || caller.login

/** Publishes a change set, where the caller is not the one who submitted it and nobody changed its assets meanwhile. */
export async function approve(app: App, caller: Caller, seen: Seen, id: number): Promise<Decision> {
  return transaction(app.sql.db, async (tx) => {
    const set = await locked(tx, id, seen)
    mustBe(set, "proposed")
    if (samePerson(caller, set)) throw new ProblemError(ownChange)
    await store.lockPublishing(tx, set)
    refuseMoved(await store.movedSince(tx, set, named_max + 1))
    const published = await write(app, tx, set, caller, "publish")
    await store.publish(tx, set, published)
    await store.setDecided(tx, id, {
      status: "published",
      at: published.recorded_at,
      by: caller.id,
      name: nameOf(caller),
      reason: null,
    })
    await store.setPublished(tx, id, published)
    await store.setDeliveryStatus(tx, set.delivery_id, "published")
    await app.audit(tx, caller, "approve", `change-set:${id}`, { delivery: set.delivery_id, ...set.counts })
    return decided(tx, id, published)
  })
}

/** Turns a change set down; the delivery waits again. `withdrawn` is the same by who submitted it. */
export async function reject(
  app: App,
  caller: Caller,
  seen: Seen,
  id: number,
  status: "rejected" | "withdrawn",
  reason: string | null,
): Promise<ChangeSet> {
  return transaction(app.sql.db, async (tx) => {
    const set = await locked(tx, id, seen)
    mustBe(set, "proposed")
    await store.setDecided(tx, id, { status, at: app.clock.wall(), by: caller.id, name: nameOf(caller), reason })
    await store.setDeliveryStatus(tx, set.delivery_id, "checked")
    await app.audit(tx, caller, status === "rejected" ? "reject" : "withdraw", `change-set:${id}`, { reason })
    return (await findChangeSet(tx, id, { all: true }))!
  })
}

/** Takes a published change set back, where nothing it wrote has been changed since. */
export async function undo(app: App, caller: Caller, seen: Seen, id: number, reason: string): Promise<Decision> {
  return transaction(app.sql.db, async (tx) => {
    const set = await locked(tx, id, seen)
    mustBe(set, "published")
    await store.lockPublishing(tx, set)
    refuseTouched(await store.touchedSince(tx, set, named_max + 1))
    const written = await write(app, tx, set, caller, "undo")
    await store.undo(tx, set, written)
    await store.setUndone(tx, id, {
      at: written.recorded_at,
      name: nameOf(caller),
      reason,
      batch_ids: written.batches.map((b) => b.batch_id),
    })
    await store.setDeliveryUndone(tx, set.delivery_id)
    await app.audit(tx, caller, "undo", `change-set:${id}`, { delivery: set.delivery_id, reason })
    return decided(tx, id, written)
  })
}

/** The batches of this decision and since when it is true in the world. */
async function write(
  app: App,
  tx: Tx,
  set: ChangeSet,
  caller: Caller,
  action: "publish" | "undo",
): Promise<store.Publication> {
  const recorded_at = app.clock.wall()
  const batches = await store.insertBatches(tx, {
    set_id: set.id,
    content_hash: set.content_hash,
    file_name: action === "publish" ? set.delivery_name : `撤销 ${set.delivery_name}`,
    imported_at: recorded_at,
    imported_by: nameOf(caller),
  })
  assert(batches.length > 0, "a proposed change set has changes")
  const valid_from = action === "publish" ? (set.delivery_valid_from ?? app.clock.now()) : app.clock.now()
  return { batches, valid_from, recorded_at }
}

async function decided(tx: Tx, id: number, p: store.Publication): Promise<Decision> {
  const change_set = (await findChangeSet(tx, id, { all: true }))!
  return { change_set, batch_ids: p.batches.map((b) => b.batch_id) }
}

async function locked(tx: Tx, id: number, seen: Seen): Promise<ChangeSet> {
  const set = await lockChangeSet(tx, id, seen).catch((error: unknown) => {
    throw sqlState(error) === lock_not_available ? new ProblemError(busy(id)) : error
  })
  if (!set) throw new ProblemError(notFound("change_set", id))
  return set
}

const lock_not_available = "55P03"
const busy = (id: number) =>
  problem(
    "change-set-busy",
    409,
    `变更集 ${id} 正由他人处理或重新生成：请稍后再看`,
    `Change set ${id} is being decided or rebuilt by somebody else: look again in a moment`,
  )

/** The command line knows no person: what it submitted, a person approves, and the other way round. */
const samePerson = (caller: Caller, set: ChangeSet): boolean => caller.id === set.submitted_by

function mustBe(set: ChangeSet, status: ChangeSet["status"]): void {
  if (set.status === status) return
  const zh = { proposed: "待审批", published: "已发布" }[status as "proposed" | "published"]
  throw new ProblemError(
    problem(
      "change-set-state",
      409,
      `变更集 ${set.id} 的状态是 ${set.status}，只有${zh}的变更集可以这样处理；请刷新后再看`,
      `Change set ${set.id} is ${set.status}; this can be done only while it is ${status}. Look at it again`,
      { field: "status", value: set.status },
    ),
  )
}

const ownChange = problem(
  "own-change",
  409,
  "提交人不能审批自己的变更，请由另一位有审批权限的人员审批",
  "Who submitted a change cannot approve it; ask another person who may approve",
)

const listed = (conflicts: readonly Conflict[]) =>
  conflicts
    .slice(0, named_max)
    .map((c) => c.source_id)
    .join(", ") + (conflicts.length > named_max ? " …" : "")

function refuseMoved(conflicts: Conflict[]): void {
  if (conflicts.length === 0) return
  throw new ProblemError(
    conflictProblem("changes-moved", conflicts, {
      zh: `变更集生成后，以下设施已被他人修改：${listed(conflicts)}。请重新生成变更集再审批`,
      en: `These assets were changed by others since the change set was made: ${listed(conflicts)}. Rebuild it, then approve`,
    }),
  )
}

function refuseTouched(conflicts: Conflict[]): void {
  if (conflicts.length === 0) return
  throw new ProblemError(
    conflictProblem("changes-touched", conflicts, {
      zh: `发布后以下设施又有新的变更，不能撤销：${listed(conflicts)}。请先撤销后来的批次`,
      en: `These assets were changed again after the publication, so it cannot be undone: ${listed(conflicts)}. Undo the later batches first`,
    }),
  )
}

const conflictProblem = (code: string, conflicts: Conflict[], words: { zh: string; en: string }): Problem =>
  problem(code, 409, words.zh, words.en, { field: "assets", value: conflicts.slice(0, named_max) })
