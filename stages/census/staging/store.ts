/** SQL of staged deliveries: what people gave and decided, and what the last check found. */
import { sql } from "kysely"
import type { Problem } from "../../../model/index.ts"
import { type Bulk, type Db, json, type Tx } from "../../../platform/sql/index.ts"
import { orderBy } from "../../../platform/sql/scope.ts"
import type { Seen } from "../changes/index.ts"
import type { ColumnChoice } from "../survey/index.ts"
import type {
  Accuracy,
  CheckReport,
  Delivery,
  DeliveryFile,
  DeliveryStatus,
  Job,
  SystemChoice,
  SystemProposal,
} from "./types.ts"

export type Paged = { limit: number; offset: number }
const seenDelivery = (seen: Seen) => (seen.all ? sql`true` : sql`d.organisation_id = ${seen.organisation_id}`)

export type NewDelivery = {
  name: string
  source: string
  complete: boolean
  valid_from: number | null
  accuracy: Accuracy | null
  organisation_id: number | null
  owner_id: number | null
  system: SystemChoice | null
  created_at: number
  created_by: number | null
  created_name: string
}

export async function insertDelivery(tx: Tx, d: NewDelivery): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into census_delivery (name, source, status, complete, valid_from, accuracy, organisation_id, owner_id, system,
                                 created_at, created_by, created_name)
    values (${d.name}, ${d.source}, 'receiving', ${d.complete}, ${d.valid_from}, ${orNull(d.accuracy)}, ${d.organisation_id},
            ${d.owner_id}, ${orNull(d.system)}, ${d.created_at}, ${d.created_by}, ${d.created_name})
    returning id`.execute(tx)
  return rows[0]!.id
}

const orNull = (value: unknown) => (value === null || value === undefined ? sql`null` : json(value))

const delivery_columns =
  sql.raw(`d.id, d.name, d.source, d.status, d.job, d.attempts, d.upload, d.complete, d.valid_from,
  d.accuracy, d.organisation_id, d.owner_id, d.system, d.proposals, d.mapping, d.report, d.problem, d.stale, d.created_at,
  d.created_by, d.created_name, d.checked_at, d.submitted_by, d.submitted_name`)

export async function findDelivery(db: Db, id: number, seen: Seen = { all: true }): Promise<Delivery | undefined> {
  const { rows } = await sql<Delivery>`
    select ${delivery_columns} from census_delivery d where d.id = ${id} and ${seenDelivery(seen)}`.execute(db)
  return rows[0]
}

/** The delivery, held until the transaction ends, so that two changes of it come one after the other. */
export async function lockDelivery(tx: Tx, id: number, seen: Seen = { all: true }): Promise<Delivery | undefined> {
  const { rows } = await sql<Delivery>`
    select ${delivery_columns} from census_delivery d where d.id = ${id} and ${seenDelivery(seen)} for update`.execute(
    tx,
  )
  return rows[0]
}

export async function listDeliveries(
  db: Db,
  seen: Seen,
  filter: { q?: string; status?: string; sort?: string },
  { limit, offset }: Paged,
): Promise<{ rows: Delivery[]; total: number }> {
  const where = sql`${seenDelivery(seen)}
    and (${filter.status ?? null}::text is null or d.status = ${filter.status ?? null})
    and (${filter.q ?? null}::text is null or strpos(lower(d.name), lower(${filter.q ?? ""})) > 0)`
  const order = orderBy(
    filter.sort,
    { id: "d.id", name: 'd.name collate "zh-x-icu"', status: "d.status", created_at: "d.created_at" },
    "d.id desc",
    "d.id",
  )
  const { rows } = await sql<Delivery>`
    select ${delivery_columns} from census_delivery d where ${where}
    order by ${order} limit ${limit + 1} offset ${offset}`.execute(db)
  const count = await sql<{ total: number }>`select count(*) as total from census_delivery d where ${where}`.execute(db)
  return { rows, total: count.rows[0]!.total }
}

export async function filesOf(db: Db, delivery_id: number): Promise<DeliveryFile[]> {
  const { rows } = await sql<DeliveryFile>`
    select upload, file_name, hash, bytes, uploaded_at, uploaded_name from census_delivery_file
    where delivery_id = ${delivery_id} order by upload, file_name`.execute(db)
  return rows
}

/** A file of the upload that is being received; one of the same name in it is replaced. */
export async function putFile(tx: Tx, delivery_id: number, file: DeliveryFile): Promise<void> {
  await sql`
    insert into census_delivery_file (delivery_id, upload, file_name, hash, bytes, uploaded_at, uploaded_name)
    values (${delivery_id}, ${file.upload}, ${file.file_name}, ${file.hash}, ${file.bytes}, ${file.uploaded_at}, ${file.uploaded_name})
    on conflict (delivery_id, upload, file_name) do update
      set hash = excluded.hash, bytes = excluded.bytes, uploaded_at = excluded.uploaded_at, uploaded_name = excluded.uploaded_name`.execute(
    tx,
  )
}

export async function removeFile(tx: Tx, delivery_id: number, upload: number, file_name: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from census_delivery_file
    where delivery_id = ${delivery_id} and upload = ${upload} and file_name = ${file_name}`.execute(tx)
  return numAffectedRows === 1n
}

export async function setReceiving(tx: Tx, delivery_id: number, upload: number): Promise<void> {
  await sql`
    update census_delivery set status = 'receiving', upload = ${upload}, stale = true, problem = null
    where id = ${delivery_id}`.execute(tx)
}

export async function setStatus(db: Db, delivery_id: number, status: DeliveryStatus): Promise<void> {
  await sql`update census_delivery set status = ${status} where id = ${delivery_id}`.execute(db)
}

export async function setStale(tx: Tx, delivery_id: number): Promise<void> {
  await sql`update census_delivery set stale = true where id = ${delivery_id}`.execute(tx)
}

export async function setSystem(tx: Tx, delivery_id: number, system: SystemChoice | null): Promise<void> {
  await sql`update census_delivery set system = ${orNull(system)}, stale = true where id = ${delivery_id}`.execute(tx)
}

/** Puts a delivery at the end of the queue of the worker. */
export async function enqueue(
  tx: Tx,
  delivery_id: number,
  job: Job,
  at: number,
  by: { id: number | null; name: string } | null,
): Promise<void> {
  await sql`
    update census_delivery set status = 'checking', job = ${job}, queued_at = ${at}, attempts = 0, problem = null,
           submitted_by = ${by?.id ?? null}, submitted_name = ${by?.name ?? null}
    where id = ${delivery_id}`.execute(tx)
}

/** The delivery that waits longest, with the number of this attempt, or undefined where none waits. */
export async function takeNext(db: Db): Promise<{ id: number; attempts: number } | undefined> {
  const { rows } = await sql<{ id: number; attempts: number }>`
    update census_delivery set attempts = attempts + 1
    where id = (select id from census_delivery where status = 'checking' order by queued_at, id limit 1)
    returning id, attempts`.execute(db)
  return rows[0]
}

/** False where the delivery is no longer being checked under this attempt. */
export async function setFailed(db: Db, delivery_id: number, attempt: number, why: Problem): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update census_delivery set status = 'failed', job = null, problem = ${json(why)}
    where id = ${delivery_id} and status = 'checking' and attempts = ${attempt}`.execute(db)
  return numAffectedRows === 1n
}

/** A clean stop is no failed attempt. */
export async function giveBack(db: Db, delivery_id: number, attempt: number): Promise<void> {
  await sql`
    update census_delivery set attempts = attempts - 1
    where id = ${delivery_id} and status = 'checking' and attempts = ${attempt}`.execute(db)
}

export async function setCancelled(tx: Tx, delivery_id: number): Promise<void> {
  await sql`update census_delivery set status = 'cancelled', job = null where id = ${delivery_id}`.execute(tx)
}

/** Ends a statement of this database's own server process, and with it the worker's transaction. */
export async function endServerProcess(db: Db, pid: number): Promise<void> {
  await sql`select pg_terminate_backend(${pid})`.execute(db)
}

/** Columns as a person chose them: kept with the delivery, and remembered for the next one. */
export async function chooseColumns(
  tx: Tx,
  delivery_id: number,
  choices: readonly ColumnChoice[],
  mapping: readonly ColumnChoice[],
  at: number,
  by: string,
): Promise<void> {
  await sql`update census_delivery set mapping = ${json(mapping)}, stale = true where id = ${delivery_id}`.execute(tx)
  await sql`
    insert into census_column_choice (kind, column_name, field, made_at, made_name)
    select r.kind, r."column", r.field, ${at}::bigint, ${by}::text
    from jsonb_to_recordset(${json(choices)}) as r(kind text, "column" text, field text)
    on conflict (kind, column_name) do update
      set field = excluded.field, made_at = excluded.made_at, made_name = excluded.made_name`.execute(tx)
}

const remembered_max = 10_000
export async function rememberedColumns(db: Db): Promise<ColumnChoice[]> {
  const { rows } = await sql<ColumnChoice>`
    select kind, column_name as "column", field from census_column_choice order by made_at desc limit ${remembered_max}`.execute(
    db,
  )
  return rows
}

/** Ends a check: false where it was cancelled or begun anew meanwhile, and nothing of it may be kept. */
export async function writeReport(
  on: Bulk,
  delivery_id: number,
  attempt: number,
  done: {
    status: DeliveryStatus
    report: CheckReport
    system: SystemChoice | null
    proposals: SystemProposal[]
    at: number
  },
): Promise<boolean> {
  const { count } = await on.query(
    `update census_delivery set status = $3, job = null, report = $4::jsonb, system = $5::jsonb, proposals = $6::jsonb,
            checked_at = $7, stale = false, problem = null
     where id = $1 and attempts = $2 and status = 'checking'`,
    [
      delivery_id,
      attempt,
      done.status,
      JSON.stringify(done.report),
      done.system === null ? null : JSON.stringify(done.system),
      JSON.stringify(done.proposals),
      done.at,
    ],
  )
  return count === 1
}

/** Published change sets of other deliveries made of the same files, newest first. */
export async function publishedAlike(
  db: Db,
  delivery_id: number,
  content_hash: string,
): Promise<{ id: number; name: string; published_at: number } | null> {
  const { rows } = await sql<{ id: number; name: string; published_at: number }>`
    select d.id, d.name, s.published_at from census_change_set s join census_delivery d on d.id = s.delivery_id
    where s.content_hash = ${content_hash} and s.status = 'published' and d.id <> ${delivery_id}
    order by s.published_at desc, s.id desc limit 1`.execute(db)
  return rows[0] ?? null
}
