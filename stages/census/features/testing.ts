/** The open interfaces on a real database and a real port, for their tests. */
import { mkdtempSync, rmSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sql as raw } from "kysely"
import { everything, type Geometry, type Scope } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { openFiles } from "../../../platform/files/index.ts"
import { type Caller, createHttp } from "../../../platform/http/index.ts"
import { loadLifelines } from "../../../platform/lifelines/index.ts"
import type { Db, Sql } from "../../../platform/sql/index.ts"
import { boxOf, lengthM, middleOf } from "../geometry.ts"
import { installFeatures } from "./index.ts"

export const start = Date.UTC(2026, 10, 24)
export const day_ms = 86_400_000
/** Owner 1 has all of a test's assets unless it says otherwise; owner 2 is another company. */
const scopes_of_all: Record<string, Scope> = {
  all: everything,
  one: { ...everything, organisations: [1] },
  two: { ...everything, organisations: [2] },
  water: { ...everything, lifelines: ["water"] },
}

/** What the exports keep; the schema brings it once its migration is there. */
export type Version = {
  geometry: Geometry
  from: number
  to?: number
  name?: string | null
  attributes?: Record<string, unknown>
}
export type Given = { kind: string; lifeline?: string; code?: string | null; owner?: number; versions: Version[] }

export async function featureCity(sql: Sql) {
  const scopes = { ...scopes_of_all }
  const folder = mkdtempSync(join(tmpdir(), "mingmai-test-features-"))
  const audits: { actor: string; action: string; object: string; detail: unknown }[] = []
  const failures: unknown[] = []
  const http = createHttp({
    identify: async ({ headers }) => {
      const name = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? ""
      const scope = scopes[name.split("-")[0]!]
      const role = name.endsWith("-desk") ? ("duty_officer" as const) : ("integrator" as const)
      return scope ? caller(name, [{ role, scope }]) : null
    },
    trust_proxy: false,
    onError: (error) => void failures.push(error),
    tls: null,
  })
  const clock = { now: () => start, wall: () => start + 1000 }
  const app = {
    http,
    sql,
    clock,
    files: openFiles(join(folder, "files")),
    lifelines: await loadLifelines([]),
    settings: { city_name: "测试市", data_dir: folder, time_zone: "Asia/Shanghai" },
    audit: async (_db: Db, { login }: Caller, action: string, object: string, detail: unknown) =>
      void audits.push({ actor: login, action, object, detail }),
    failed: (_name: string, error: unknown) => void failures.push(error),
  } as unknown as App
  for (const id of [1, 2])
    await raw`insert into access_organisation (id, code, name, kind) overriding system value
      values (${id}, ${`o${id}`}, ${JSON.stringify({ zh: `公司${id}`, en: `Company ${id}` })}::jsonb, 'owner')`.execute(
      sql.db,
    )
  const exported = installFeatures(app)
  await http.server.listen({ host: "127.0.0.1", port: 0 })
  const url = `http://127.0.0.1:${(http.server.server.address() as AddressInfo).port}`
  let given = 0
  return {
    app,
    url,
    /** What callers may see, by the name in their token. */
    scopes,
    audits,
    failures,
    folder,
    exported,
    /** Asks with a body; answers as `get` does. */
    async send(method: "POST" | "DELETE", path: string, body: unknown, who = "all") {
      const answer = await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${who}`, ...(body !== undefined && { "content-type": "application/json" }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
      return { status: answer.status, body: (await answer.json()) as any }
    },
    async get(path: string, who: string | null = "all", headers: Record<string, string> = {}) {
      const address = path.startsWith("http") ? path : url + path
      const answer = await fetch(address, {
        headers: { ...(who !== null && { authorization: `Bearer ${who}` }), ...headers },
      })
      const text = await answer.text()
      const type = answer.headers.get("content-type") ?? ""
      // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
      const body: any = /json/.test(type) ? JSON.parse(text) : null
      return { status: answer.status, type, headers: answer.headers, text, body }
    },
    /** Puts assets with their versions into the census as one batch; answers with their ids. */
    async put(assets: readonly Given[]): Promise<number[]> {
      const { rows } = await raw<{ id: number }>`
        insert into census_batch (lifeline, file_name, file_hash, imported_at, imported_by, assets, devices, problems)
        values ('water', 'test', 'h', ${start}, 't', ${assets.length}, 0, '[]') returning id`.execute(sql.db)
      const batch = rows[0]!.id
      const ids: number[] = []
      for (let from = 0; from < assets.length; from += 2000)
        ids.push(...(await insert(sql.db, batch, assets.slice(from, from + 2000), () => `s${++given}`)))
      return ids
    },
    async close() {
      await exported.close()
      await http.server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function insert(db: Db, batch: number, assets: readonly Given[], source: () => string): Promise<number[]> {
  const values = assets.map(({ kind, lifeline = "water", code = null, owner = 1 }) => ({
    kind,
    lifeline,
    code,
    owner,
    source: source(),
  }))
  const { rows } = await raw<{ id: number }>`
    insert into census_asset (lifeline, kind, code, source, source_id, batch_id, owner_id)
    select r.lifeline, r.kind, r.code, 'test', r.source, ${batch}, r.owner
    from jsonb_to_recordset(${JSON.stringify(values)}::jsonb) as r(kind text, lifeline text, code text, source text, owner bigint)
    returning id`.execute(db)
  const versions = assets.flatMap((asset, i) =>
    asset.versions.map((version, n) => {
      const [west, south, east, north] = boxOf(version.geometry)
      const [lon, lat] = middleOf(version.geometry)
      const { geometry, name = null, attributes = {}, from, to = null } = version
      const length_m = lengthM(geometry)
      return {
        id: rows[i]!.id,
        n: n + 1,
        name,
        geometry,
        attributes,
        from,
        to,
        west,
        south,
        east,
        north,
        lon,
        lat,
        length_m,
      }
    }),
  )
  await raw`
    insert into census_asset_version (asset_id, version, batch_id, name, geometry, extent, lon, lat, length_m, attributes,
                                      schematic, valid_from, valid_to, recorded_at)
    select r.id, r.n, ${batch}, r.name, r.geometry, box(point(r.west, r.south), point(r.east, r.north)), r.lon, r.lat,
           r.length_m, r.attributes, false, r.from, r.to, ${start}
    from jsonb_to_recordset(${JSON.stringify(versions)}::jsonb) as r(
      id bigint, n integer, name text, geometry jsonb, west float8, south float8, east float8, north float8,
      lon float8, lat float8, length_m float8, attributes jsonb, "from" bigint, "to" bigint)`.execute(db)
  return rows.map((row) => row.id)
}

const caller = (login: string, grants: Caller["grants"]): Caller => ({
  kind: "token",
  id: null,
  login,
  name: login,
  organisation_id: null,
  grants,
  address: "127.0.0.1",
})
