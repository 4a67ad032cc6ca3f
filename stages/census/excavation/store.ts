/** SQL of excavation checks: numbered papers, and telephones of owners. */
import { sql } from "kysely"
import type { LonLat } from "../../../model/index.ts"
import { type Db, json, type Tx } from "../../../platform/sql/index.ts"
import type { Found } from "./check.ts"

export type ExcavationRow = {
  id: number
  number: string
  made_at: number
  made_by: string
  applicant: string
  purpose: string
  polygon: LonLat[]
  depth_m: number
  protection_m: number
  area_m2: number
  found: Found[]
  /** Things of owners that the asking person may not see. */
  hidden: number
  pdf_hash: string | null
  pdf_bytes: number | null
}

/** Keeps a check and gives it its number: KW (开挖), the year, and how many there were before. */
export async function insertExcavation(
  tx: Tx,
  row: Omit<ExcavationRow, "id" | "number" | "pdf_hash" | "pdf_bytes">,
  year: string,
): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into census_excavation (made_at, made_by, applicant, purpose, polygon, depth_m, protection_m, area_m2, found, hidden)
    values (${row.made_at}, ${row.made_by}, ${row.applicant}, ${row.purpose}, ${json(row.polygon)}, ${row.depth_m},
            ${row.protection_m}, ${row.area_m2}, ${json(row.found)}, ${row.hidden})
    returning id`.execute(tx)
  const { id } = rows[0]!
  await sql`update census_excavation set number = ${`KW-${year}-${String(id).padStart(6, "0")}`} where id = ${id}`.execute(
    tx,
  )
  return id
}

export async function excavationById(db: Db, id: number): Promise<ExcavationRow | undefined> {
  const { rows } = await sql<ExcavationRow>`select * from census_excavation where id = ${id}`.execute(db)
  return rows[0]
}

export type ExcavationLine = Pick<
  ExcavationRow,
  "id" | "number" | "made_at" | "made_by" | "applicant" | "purpose" | "depth_m" | "area_m2" | "pdf_hash"
>

/** Newest first; one row more than `limit` says that there is a next page. */
export async function listExcavations(
  db: Db,
  { q, limit, offset }: { q?: string; limit: number; offset: number },
): Promise<{ rows: ExcavationLine[]; total: number }> {
  const like = q === undefined ? null : `%${q.replaceAll(/[\\%_]/g, (c) => `\\${c}`)}%`
  const where = sql`(${like}::text is null or number ilike ${like} or applicant ilike ${like} or purpose ilike ${like})`
  const { rows } = await sql<ExcavationLine>`
    select id, number, made_at, made_by, applicant, purpose, depth_m, area_m2, pdf_hash
    from census_excavation where ${where} order by id desc limit ${limit + 1} offset ${offset}`.execute(db)
  const count = await sql<{ total: number }>`select count(*) as total from census_excavation where ${where}`.execute(db)
  return { rows, total: count.rows[0]!.total }
}

export async function excavationPaper(db: Db, id: number, pdf: { hash: string; bytes: number }): Promise<void> {
  await sql`update census_excavation set pdf_hash = ${pdf.hash}, pdf_bytes = ${pdf.bytes} where id = ${id}`.execute(db)
}

/** Telephones of organisations by id; null where none is known. */
export async function phones(db: Db, ids: readonly number[]): Promise<Map<number, string | null>> {
  const { rows } = await sql<{ id: number; phone: string | null }>`
    select id, phone from access_organisation where id = any(${ids}::bigint[])`.execute(db)
  return new Map(rows.map((row) => [row.id, row.phone]))
}
