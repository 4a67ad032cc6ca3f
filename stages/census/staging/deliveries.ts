/** What people do with a staged delivery. Every change is one transaction with its line of the audit trail. */
import { ProblemError, problem } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { type Caller, notFound } from "../../../platform/http/index.ts"
import { type Tx, transaction } from "../../../platform/sql/index.ts"
import type { Seen } from "../changes/index.ts"
import * as decided from "../issues/index.ts"
import type { ColumnChoice, Correction } from "../survey/index.ts"
import type { Jobs } from "./jobs.ts"
import * as store from "./store.ts"
import { checkSystem } from "./systems.ts"
import type { Accuracy, Delivery, Job, SystemChoice } from "./types.ts"

export type Who = { caller: Caller; seen: Seen }

/** Largest file of a delivery. */
export const file_bytes_max = 5 * 1024 ** 3
const files_max = 2_000
const uploads_max = 1_000
const corrections_max = 100_000
const columns_max = 2_000

const nameOf = (caller: Caller) => caller.name || caller.login

export type NewDelivery = {
  name: string
  source?: string
  complete?: boolean
  valid_from?: number | null
  accuracy?: Accuracy | null
  owner_id?: number | null
  system?: SystemChoice | null
}

export function deliveries(app: App, jobs: Jobs) {
  const { db } = app.sql

  /** Changes a delivery that no check is running on; `what` is the action of the audit trail. */
  async function change<T>(who: Who, id: number, what: string, act: (tx: Tx, d: Delivery) => Promise<T>): Promise<T> {
    return transaction(db, async (tx) => {
      const delivery = await store.lockDelivery(tx, id, who.seen)
      if (!delivery) throw new ProblemError(notFound("delivery", id))
      if (delivery.status === "checking") throw new ProblemError(busy(id))
      if (delivery.status === "submitted") throw new ProblemError(underReview(id))
      const done = await act(tx, delivery)
      await app.audit(tx, who.caller, what, `delivery:${id}`, done ?? null)
      return done
    })
  }

  async function enqueue(who: Who, id: number, job: Job): Promise<void> {
    await change(who, id, job, async (tx, delivery) => {
      const files = await store.filesOf(tx, id)
      if (files.length === 0) throw new ProblemError(noFiles(id))
      if (job === "submit") await mayBeSubmitted(tx, delivery)
      const by = job === "submit" ? { id: who.caller.id, name: nameOf(who.caller) } : null
      await store.enqueue(tx, id, job, app.clock.wall(), by)
      return { files: files.length }
    })
    jobs.kick()
  }

  return {
    async create(who: Who, given: NewDelivery): Promise<number> {
      const system = given.system ?? null
      if (system) checkSystem(system)
      return transaction(db, async (tx) => {
        const id = await store.insertDelivery(tx, {
          name: given.name,
          source: given.source ?? given.name,
          complete: given.complete ?? false,
          valid_from: given.valid_from ?? null,
          accuracy: given.accuracy ?? null,
          organisation_id: who.caller.organisation_id,
          owner_id: given.owner_id ?? null,
          system,
          created_at: app.clock.wall(),
          created_by: who.caller.id,
          created_name: nameOf(who.caller),
        })
        await app.audit(tx, who.caller, "create", `delivery:${id}`, given)
        return id
      })
    },

    /** Stores a file as it streams in. The first one after a check begins a new upload, whose rows replace earlier ones. */
    async upload(who: Who, id: number, file_name: string, content: AsyncIterable<Uint8Array>) {
      const before = await store.findDelivery(db, id, who.seen)
      if (!before) throw new ProblemError(notFound("delivery", id))
      const stored = await app.files.put(content, file_bytes_max).catch((error: unknown) => {
        throw diskFull(error) ?? error
      })
      if (!stored.ok) throw new ProblemError(stored.problem)
      if (stored.value.bytes === 0) throw new ProblemError(emptyFile(file_name))
      return change(who, id, "upload", async (tx, delivery) => {
        const upload = delivery.status === "receiving" ? delivery.upload : delivery.upload + 1
        const files = await store.filesOf(tx, id)
        if (files.length >= files_max || upload > uploads_max) throw new ProblemError(tooManyFiles)
        await store.setReceiving(tx, id, upload)
        const file = {
          upload,
          file_name,
          ...stored.value,
          uploaded_at: app.clock.wall(),
          uploaded_name: nameOf(who.caller),
        }
        await store.putFile(tx, id, file)
        return file
      })
    },

    async removeFile(who: Who, id: number, upload: number, file_name: string): Promise<void> {
      await change(who, id, "remove-file", async (tx) => {
        if (!(await store.removeFile(tx, id, upload, file_name))) throw new ProblemError(notFound("file", file_name))
        await store.setStale(tx, id)
        return { upload, file_name }
      })
    },

    check: (who: Who, id: number) => enqueue(who, id, "check"),
    submit: (who: Who, id: number) => enqueue(who, id, "submit"),

    /** Ends a check that waits or runs; what was staged stays, and nothing of the check does. */
    async cancel(who: Who, id: number): Promise<void> {
      await transaction(db, async (tx) => {
        const delivery = await store.lockDelivery(tx, id, who.seen)
        if (!delivery) throw new ProblemError(notFound("delivery", id))
        if (delivery.status !== "checking") throw new ProblemError(notChecking(id))
        await store.setCancelled(tx, id)
        await app.audit(tx, who.caller, "cancel", `delivery:${id}`, { job: delivery.job })
      })
      await jobs.end(id)
    },

    async chooseColumns(who: Who, id: number, choices: ColumnChoice[]): Promise<void> {
      await change(who, id, "choose-columns", async (tx, delivery) => {
        const key = (choice: ColumnChoice) => `${choice.kind} ${choice.column}`
        const now = new Map([...delivery.mapping, ...choices].map((choice) => [key(choice), choice]))
        if (now.size > columns_max) throw new ProblemError(tooManyColumns)
        await store.chooseColumns(tx, id, choices, [...now.values()], app.clock.wall(), nameOf(who.caller))
        return { choices }
      })
    },

    async chooseSystem(who: Who, id: number, system: SystemChoice | null): Promise<void> {
      if (system) checkSystem(system)
      await change(who, id, "choose-system", async (tx) => {
        await store.setSystem(tx, id, system)
        return { system }
      })
    },

    async correct(who: Who, id: number, corrections: Correction[]): Promise<void> {
      await change(who, id, "correct", async (tx) => {
        const there = await decided.countCorrections(tx, id)
        if (there + corrections.length > corrections_max) throw new ProblemError(tooManyCorrections)
        for (const correction of corrections)
          await decided.putCorrection(tx, id, correction, app.clock.wall(), nameOf(who.caller))
        await store.setStale(tx, id)
        return { corrections }
      })
    },

    async removeCorrection(who: Who, id: number, correction_id: number): Promise<void> {
      await change(who, id, "remove-correction", async (tx) => {
        if (!(await decided.removeCorrection(tx, id, correction_id)))
          throw new ProblemError(notFound("correction", correction_id))
        await store.setStale(tx, id)
        return { correction_id }
      })
    },

    /** Takes what the check proposes for one issue, or for all open ones of a rule; how many there were. */
    acceptFixes: (who: Who, id: number, which: { issue_id?: number; rule?: string }) =>
      change(who, id, "accept-fixes", async (tx) => {
        const accepted = await decided.acceptFixes(tx, id, which, app.clock.wall(), nameOf(who.caller))
        if (accepted === 0) throw new ProblemError(nothingToFix)
        await store.setStale(tx, id)
        return { ...which, accepted }
      }),

    /** Marks issues as being really so in the street. */
    except: (who: Who, id: number, issue_ids: number[], reason: string) =>
      change(who, id, "accept-exceptions", async (tx) => {
        const accepted = await decided.acceptExceptions(tx, id, issue_ids, reason, app.clock.wall(), nameOf(who.caller))
        if (accepted === 0) throw new ProblemError(notFound("issue", issue_ids[0]))
        await store.setStale(tx, id)
        return { issue_ids, reason, accepted }
      }),

    async removeException(who: Who, id: number, exception_id: number): Promise<void> {
      await change(who, id, "remove-exception", async (tx) => {
        if (!(await decided.removeException(tx, id, exception_id)))
          throw new ProblemError(notFound("exception", exception_id))
        await store.setStale(tx, id)
        return { exception_id }
      })
    },
  }
}

/** Without a system that somebody chose, or that alone fits, nobody knows where the assets lie. */
async function mayBeSubmitted(_tx: Tx, delivery: Delivery): Promise<void> {
  if (delivery.system) return
  // Import sheets say themselves where their things lie; those that do not wait with their issue.
  const { report } = delivery
  if (report && report.tables.length > 0 && report.tables.every(({ kind }) => kind.startsWith("sheet:"))) return
  throw new ProblemError(
    problem(
      "no-system",
      409,
      `批次 ${delivery.id} 的坐标系未定：请先在建议中选定或自行填写，再提交`,
      `The coordinate system of delivery ${delivery.id} is not settled: choose one of the proposals or give your own, then submit`,
      { field: "system" },
    ),
  )
}

const busy = (id: number) =>
  problem(
    "delivery-checking",
    409,
    `批次 ${id} 正在检查：请等它结束，或先取消`,
    `Delivery ${id} is being checked: wait until it ends, or cancel it first`,
    { field: "status", value: "checking" },
  )
const underReview = (id: number) =>
  problem(
    "delivery-submitted",
    409,
    `批次 ${id} 已提交审批：请等审批结束，或先撤回提交`,
    `Delivery ${id} waits for approval: wait until it is decided, or withdraw it first`,
    { field: "status", value: "submitted" },
  )
const notChecking = (id: number) =>
  problem("delivery-idle", 409, `批次 ${id} 没有在检查，无需取消`, `Delivery ${id} is not being checked`, {
    field: "status",
  })
const noFiles = (id: number) =>
  problem(
    "delivery-empty",
    409,
    `批次 ${id} 还没有文件：请先上传成果文件`,
    `Delivery ${id} has no files yet: upload them first`,
    { field: "files" },
  )
const emptyFile = (file_name: string) =>
  problem("file-empty", 400, `文件 ${file_name} 是空的：请重新上传`, `${file_name} is empty: upload it again`, {
    field: "file_name",
    value: file_name,
  })
const tooManyFiles = problem(
  "too-many-files",
  413,
  `一个批次最多 ${files_max} 个文件、${uploads_max} 次上传：请另建批次`,
  `A delivery holds at most ${files_max} files in ${uploads_max} uploads: begin another one`,
)
const tooManyCorrections = problem(
  "too-many-corrections",
  413,
  `一个批次最多 ${corrections_max} 处改正：请改正文件后重新上传`,
  `A delivery takes at most ${corrections_max} corrections: correct the file and upload it again`,
)
const tooManyColumns = problem(
  "too-many-columns",
  413,
  `一个批次最多选定 ${columns_max} 列`,
  `A delivery takes at most ${columns_max} chosen columns`,
)
const nothingToFix = problem(
  "nothing-to-fix",
  409,
  "没有可采纳的修改建议：它们可能已被采纳，或所选问题没有建议",
  "No proposal to accept: it was accepted already, or these issues have none",
)

/** The answer where the disk has no room left; nothing of the file was kept. */
function diskFull(error: unknown): ProblemError | null {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  if (code !== "ENOSPC" && code !== "EDQUOT") return null
  return new ProblemError(
    problem(
      "disk-full",
      507,
      "磁盘空间不足，文件未保存：请清理磁盘或加大空间后重新上传",
      "The disk is full and the file was not kept: free some space, then upload it again",
    ),
  )
}
