/** SQL of the network questions: the current assets of a lifeline, as ends and names, page by page. */
import { sql } from "kysely"
import type { Words } from "../../../model/index.ts"
import { type Db, json, type Tx } from "../../../platform/sql/index.ts"
import type { NetworkRow } from "./build.ts"

/** Ids read at once: a city of a million assets must not stand in memory twice. */
const window_ids = 20_000
const assets_max = 2_000_000

/** Who may see an asset is what the census in memory says. */
export type StoredRow = Omit<NetworkRow, "owner_id" | "area_ids">

/**
 * All points, then all lines of a lifeline, by windows of ids: both tables are read along their keys, and no page sorts
 * the whole city. Areas belong to no network.
 */
export async function* networkRows(db: Db, lifeline: string): AsyncGenerator<StoredRow[]> {
  const bounds = await sql<{ first: number | null; last: number | null }>`
    select min(id) as first, max(id) as last from census_asset where lifeline = ${lifeline}`.execute(db)
  const { first, last } = bounds.rows[0]!
  if (first === null || last === null) return
  let read = 0
  for (const type of ["Point", "LineString"])
    for (let from = first; from <= last; from += window_ids) {
      const { rows } = await sql<StoredRow>`
        select a.id, a.kind, a.code, v.geometry->>'type' = 'LineString' as line, v.length_m,
          ${start(type, 0)} as lon, ${start(type, 1)} as lat,
          coalesce((v.geometry#>>'{coordinates,-1,0}')::float8, 0) as end_lon,
          coalesce((v.geometry#>>'{coordinates,-1,1}')::float8, 0) as end_lat,
          x.from_node, x.to_node, x.node, x.status, x.flow_direction,
          ${numeric("from_elevation_m")} as from_elevation_m, ${numeric("to_elevation_m")} as to_elevation_m,
          ${numeric("people_served")} as people_served
        from census_asset a
        join census_asset_version v on v.asset_id = a.id and v.valid_to is null
        cross join lateral jsonb_to_record(v.attributes) as x(
          from_node text, to_node text, node text, status text, flow_direction text,
          from_elevation_m jsonb, to_elevation_m jsonb, people_served jsonb)
        where a.lifeline = ${lifeline} and a.id >= ${from} and a.id < ${from + window_ids}
          and v.asset_id >= ${from} and v.asset_id < ${from + window_ids} and v.geometry->>'type' = ${type}
        order by a.id`.execute(db)
      read += rows.length
      if (read > assets_max) throw new Error(`The network of ${lifeline} has more than ${assets_max} assets.`)
      if (rows.length > 0) yield rows
    }
}

/** A number of an attribute, null where it holds something else. */
const numeric = (id: string) => sql.raw(`case when jsonb_typeof(x.${id}) = 'number' then x.${id}::float8 end`)

const start = (type: string, axis: 0 | 1) =>
  sql.raw(`(v.geometry#>>'{coordinates${type === "Point" ? "" : ",0"},${axis}}')::float8`)

/** Names of all organisations by id. */
export async function owners(db: Db): Promise<Map<number, Words>> {
  const { rows } = await sql<{ id: number; name: Words }>`select id, name from access_organisation`.execute(db)
  return new Map(rows.map((row) => [row.id, row.name]))
}

export type TicketRow = {
  made_at: number
  made_by: string
  asset_id: number
  reason: string
  question: unknown
  answer: unknown
}

/** Keeps a ticket and gives it its number: FM (阀门), the year, and how many there were before. */
export async function insertTicket(tx: Tx, ticket: TicketRow, year: string): Promise<{ id: number; number: string }> {
  const { rows } = await sql<{ id: number }>`
    insert into census_valve_ticket (made_at, made_by, asset_id, reason, question, answer)
    values (${ticket.made_at}, ${ticket.made_by}, ${ticket.asset_id}, ${ticket.reason}, ${json(ticket.question)}, ${json(ticket.answer)})
    returning id`.execute(tx)
  const { id } = rows[0]!
  const number = `FM-${year}-${String(id).padStart(6, "0")}`
  await sql`update census_valve_ticket set number = ${number} where id = ${id}`.execute(tx)
  return { id, number }
}

export async function ticketPaper(db: Db, id: number, pdf: { hash: string; bytes: number }): Promise<void> {
  await sql`update census_valve_ticket set pdf_hash = ${pdf.hash}, pdf_bytes = ${pdf.bytes} where id = ${id}`.execute(
    db,
  )
}
