/**
 * `npm run bench -- map --segments N`: a city of N segments and 1.17 N points on the map. Streets every 200 m, five kinds of
 * line in each, a segment every 20 m with a point at its start: 500,000 segments are about 10,000 km of line on 200 km².
 * The census alone runs on it, in this process, behind a real HTTP door.
 */
import { sql } from "kysely"
import type { Lifeline } from "../lifelines/contract.ts"
import { type AssetKind, everything, type Scope } from "../model/index.ts"
import type { App } from "../platform/app.ts"
import { cityClock } from "../platform/clock/index.ts"
import { createEvents } from "../platform/events/index.ts"
import { type Caller, createHttp } from "../platform/http/index.ts"
import { loadLifelines } from "../platform/lifelines/index.ts"
import { type Db, migrate, openSql, transaction } from "../platform/sql/index.ts"
import { createTroubles } from "../platform/troubles.ts"
import { type Census, installCensus } from "../stages/census/index.ts"
import { removeFolder, temporaryFolder } from "./instance.ts"

const origin: [number, number] = [117.23, 31.82]
const street_m = 200
const segment_m = 20
const classes = 5
const degree_m = 111_195
const east_m = degree_m * Math.cos((origin[1] * Math.PI) / 180)
const owners = Array.from({ length: classes }, (_, i) => i + 1)
const changed_rows = 1_000
const zooms = [10, 11, 12, 13, 14, 15, 16]
const tiles_a_zoom = 120
/** Where the console opens a city that has a base map, and its window: 1440 × 900 in tiles of 512 px. */
const start_zoom = 15
const window_tiles: [number, number] = [4, 3]

export async function run(segments: number): Promise<object[]> {
  const folder = temporaryFolder()
  const database = await openSql({ folder, durable: false })
  try {
    await migrate(database)
    const lifelines = (await loadLifelines([])).filter((l) => kindOf(l, "line") && kindOf(l, "point")).slice(0, classes)
    const fail = (error: unknown): never => {
      throw error
    }
    const http = createHttp({ identify: async () => caller, trust_proxy: false, onError: fail, tls: null })
    const clock = cityClock({ mode: "demo", start: Date.UTC(2026, 10, 24) })
    const app = {
      clock,
      sql: database,
      http,
      lifelines: await loadLifelines([]),
      events: createEvents(fail),
      troubles: createTroubles(clock.wall, () => undefined),
    } as unknown as App
    const began = performance.now()
    const side = await fill(database.db, lifelines, segments)
    const fill_s = seconds(began)
    try {
      return [{ bench: "map", segments, fill_s, ...(await measure(app, side, database.db)) }]
    } finally {
      await http.server.close()
    }
  } finally {
    await database.close()
    removeFolder(folder)
  }
}

const kindOf = (lifeline: Lifeline, geometry: string): AssetKind | undefined =>
  lifeline.assets.find((asset) => asset.geometry === geometry)
const caller: Caller = {
  kind: "person",
  id: 1,
  login: "bench",
  name: "bench",
  organisation_id: null,
  grants: [{ role: "duty_leader", scope: everything }],
  address: "127.0.0.1",
}

async function measure(app: App, side_m: number, db: Db): Promise<object> {
  global.gc?.()
  const before_mb = process.memoryUsage().rss / 2 ** 20
  const began = performance.now()
  const census = installCensus(app)
  await census.reload()
  const load_s = seconds(began)
  global.gc?.()
  const rss_mb = Math.round(process.memoryUsage().rss / 2 ** 20 - before_mb)
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  const first = await firstView(app, census)
  const tiles = randomTiles(census, side_m)
  const searches = await searching(census)
  const publish = await publishing(app, census, db)
  return {
    assets: census.assetCount(),
    load_s,
    rss_mb,
    heap_mb: Math.round(heapUsed / 2 ** 20),
    arrays_mb: Math.round(Math.max(external, arrayBuffers) / 2 ** 20),
    ...first,
    ...tiles,
    ...searches,
    ...publish,
  }
}

/** The tiles of the console's first window, asked for at once, as a browser does. */
async function firstView(app: App, census: Census): Promise<object> {
  const url = await app.http.server.listen({ host: "127.0.0.1", port: 0 })
  const [x, y] = tileOf(census.center()!, start_zoom)
  const paths: string[] = []
  for (let i = 0; i < window_tiles[0]; i++)
    for (let j = 0; j < window_tiles[1]; j++) paths.push(`/api/map/census/${start_zoom}/${x - 2 + i}/${y - 1 + j}.mvt`)
  const began = performance.now()
  const each = await Promise.all(
    paths.map(async (path) => {
      const answer = await fetch(url + path)
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
      return (await answer.arrayBuffer()).byteLength
    }),
  )
  return {
    view_tiles: each.length,
    view_ms: round(performance.now() - began),
    view_kb: Math.round(each.reduce((a, b) => a + b, 0) / 1024),
  }
}

/** Tiles at places spread over the city by a fixed rule, each drawn for the first time. */
function randomTiles(census: Census, side_m: number): object {
  const times: number[] = []
  const worst: { z: number; ms: number; kb: number }[] = []
  let bytes = 0
  let seed = 7
  const chance = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed / 2 ** 31
  }
  for (const z of zooms) {
    let most = { z, ms: 0, kb: 0 }
    for (let i = 0; i < tiles_a_zoom; i++) {
      const place: [number, number] = [
        origin[0] + (chance() * side_m) / east_m,
        origin[1] + (chance() * side_m) / degree_m,
      ]
      const [x, y] = tileOf(place, z)
      // All owners, and an area that is not there: who sees all, by a scope of its own, so that nothing comes from the cache.
      const scopes: Scope[] = [
        { organisations: owners, lifelines: "all", areas: "all" },
        { organisations: "all", lifelines: "all", areas: [1e9 + z * 1000 + i] },
      ]
      const began = performance.now()
      const tile = census.censusTile(scopes, { z, x, y })
      const ms = performance.now() - began
      times.push(ms)
      bytes = Math.max(bytes, tile.bytes.length)
      if (ms > most.ms) most = { z, ms: round(ms), kb: Math.round(tile.bytes.length / 1024) }
    }
    worst.push(most)
  }
  return { tiles: times.length, ...spread("tile", times), tile_kb_max: Math.round(bytes / 1024), worst_by_zoom: worst }
}

async function searching(census: Census): Promise<object> {
  const began = performance.now()
  await census.search([everything], "nothing of the kind", 20)
  const search_ready_s = seconds(began)
  const times: number[] = []
  const some = [...census.assets()].filter((_, i) => i % 40_009 === 0)
  const texts = [
    ...some.map((asset) => asset.code!),
    ...some.map((asset) => asset.code!.slice(2, 7)),
    "zsl",
    "zhongshan",
    "中山路",
    "1",
    "没有的",
    "117.25,31.85",
  ]
  for (const text of texts) {
    const at = performance.now()
    await census.search([everything], text, 20)
    times.push(performance.now() - at)
  }
  return { search_ready_s, searches: times.length, ...spread("search", times) }
}

/** 1,000 assets in one quarter of the city get another diameter; tiles all over the city were drawn before. */
async function publishing(app: App, census: Census, db: Db): Promise<object> {
  const [west, south, east, north] = census.bounds()!
  for (const z of [11, 12, 13, 14, 15]) {
    const [x0, y1] = tileOf([west, south], z)
    const [x1, y0] = tileOf([east, north], z)
    for (let x = x0; x <= x1; x += z === 15 ? 2 : 1)
      for (let y = y0; y <= y1; y += z === 15 ? 2 : 1) census.censusTile([everything], { z, x, y })
  }
  const [lon, lat] = census.center()!
  const near = census.nearest([lon, lat], { max_m: 5_000, limit: changed_rows })
  const ids = near.map(({ asset }) => asset.id)
  const now = app.clock.now()
  await transaction(db, async (tx) => {
    await sql`update census_asset_version set valid_to = ${now} where asset_id = any(${ids}::bigint[]) and valid_to is null`.execute(
      tx,
    )
    await sql`
      insert into census_asset_version
      select asset_id, version + 1, batch_id, name, geometry, extent, lon, lat, length_m,
             attributes || '{"diameter_mm": 333}', original, schematic, ${now}, null, ${now}
      from census_asset_version where asset_id = any(${ids}::bigint[]) and version = 1`.execute(tx)
  })
  const began = performance.now()
  const done = await census.applied(ids)
  return {
    publish_rows: ids.length,
    publish_ms: round(performance.now() - began),
    tiles_dropped: done.tiles_dropped,
    tiles_kept: done.tiles_kept,
  }
}

/** Writes the city; returns its side, m. */
async function fill(db: Db, lifelines: readonly Lifeline[], segments: number): Promise<number> {
  const a_street = Math.max(
    1,
    Math.round((Math.sqrt(segments / (2 * classes * (street_m / segment_m))) * street_m) / segment_m),
  )
  const streets = Math.max(1, Math.round((a_street * segment_m) / street_m))
  await sql`insert into access_organisation (code, name, kind) select 'O' || i, jsonb_build_object('zh', '单位' || i, 'en', 'Owner ' || i), 'owner'
            from generate_series(1, ${classes}::int) i`.execute(db)
  const { rows } = await sql<{ id: number }>`
    insert into census_batch (lifeline, file_name, file_hash, imported_at, imported_by, assets, devices, problems)
    values ('bench', 'bench', 'bench', 0, 'bench', 0, 0, '[]') returning id`.execute(db)
  const batch = rows[0]!.id
  let first_id = 1
  for (const [c, lifeline] of lifelines.entries()) {
    for (const shape of ["line", "point"] as const) {
      const count = 2 * streets * a_street
      await fillKind(db, {
        lifeline: lifeline.id,
        kind: kindOf(lifeline, shape)!.kind,
        shape,
        c,
        streets,
        a_street,
        batch,
        first_id,
      })
      first_id += count
    }
  }
  await sql`select setval(pg_get_serial_sequence('census_asset', 'id'), ${first_id}::bigint)`.execute(db)
  await sql`vacuum analyze census_asset`.execute(db)
  await sql`vacuum analyze census_asset_version`.execute(db)
  return streets * street_m
}

type KindOfCity = {
  lifeline: string
  kind: string
  shape: "line" | "point"
  c: number
  streets: number
  a_street: number
  batch: number
  first_id: number
}

/** One kind in all streets: direction d (0 east, 1 north), street s, piece i along it; kinds lie 3 m apart. */
async function fillKind(
  db: Db,
  { lifeline, kind, shape, c, streets, a_street, batch, first_id }: KindOfCity,
): Promise<void> {
  const cells = sql`
    select d, s, i, ${first_id}::bigint + (d * ${streets}::int + s) * ${a_street}::int + i as id,
           ${origin[0]}::float8 + (case d when 0 then i * ${segment_m} else s * ${street_m} + ${c} * 3 end) / ${east_m}::float8 as x,
           ${origin[1]}::float8 + (case d when 0 then s * ${street_m} + ${c} * 3 else i * ${segment_m} end) / ${degree_m}::float8 as y
    from generate_series(0, 1) d, generate_series(0, ${streets}::int - 1) s, generate_series(0, ${a_street}::int - 1) i`
  await sql`
    insert into census_asset (id, lifeline, kind, code, source, source_id, batch_id, owner_id) overriding system value
    select id, ${lifeline}, ${kind}, chr(${65 + c}) || ${shape === "line" ? "L" : "P"} || lpad(id::text, 8, '0'), 'bench', id::text, ${batch}, ${c + 1}
    from (${cells}) t`.execute(db)
  const ends = sql`x + (case d when 0 then ${segment_m} else 0 end) / ${east_m}::float8 as x2, y + (case d when 0 then 0 else ${segment_m} end) / ${degree_m}::float8 as y2`
  const geometry =
    shape === "line"
      ? sql`jsonb_build_object('type', 'LineString', 'coordinates', jsonb_build_array(jsonb_build_array(round(x::numeric, 8), round(y::numeric, 8)), jsonb_build_array(round(x2::numeric, 8), round(y2::numeric, 8))))`
      : sql`jsonb_build_object('type', 'Point', 'coordinates', jsonb_build_array(round(x::numeric, 8), round(y::numeric, 8)))`
  const far = shape === "line" ? sql`point(x2, y2)` : sql`point(x, y)`
  await sql`
    insert into census_asset_version (asset_id, version, batch_id, name, geometry, extent, lon, lat, length_m, attributes, schematic, valid_from, recorded_at)
    select id, 1, ${batch}, case when i % 10 = 0 then (case when s % 7 = 0 then '中山路' else '第' || s || '大街' end) || d || '段' end,
           ${geometry}, box(point(x, y), ${far}), (x + x2) / 2, (y + y2) / 2, ${shape === "line" ? segment_m : null}::float8,
           jsonb_build_object('diameter_mm', case when s % 8 = 0 then 800 when s % 4 = 0 then 400 else 200 end, 'material', 'PE',
                              'from_depth_m', 1.5, 'to_depth_m', 1.6, 'road', '第' || s || '大街', 'survey_unit', '测绘院'),
           false, 0, 0
    from (select *, ${ends} from (${cells}) t) u`.execute(db)
}

function tileOf([lon, lat]: readonly number[], z: number): [number, number] {
  const n = 2 ** z
  const phi = (lat! * Math.PI) / 180
  return [Math.floor(((lon! + 180) / 360) * n), Math.floor(((1 - Math.asinh(Math.tan(phi)) / Math.PI) / 2) * n)]
}
const seconds = (began: number) => Number(((performance.now() - began) / 1000).toFixed(2))
const round = (ms: number) => Number(ms.toFixed(2))
function spread(name: string, values: readonly number[]): Record<string, number> {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (q: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0)
  return { [`${name}_p50_ms`]: at(0.5), [`${name}_p95_ms`]: at(0.95), [`${name}_worst_ms`]: at(1) }
}
