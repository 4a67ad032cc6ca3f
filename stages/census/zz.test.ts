import { sql } from "kysely"
import { expect, it } from "vitest"
import { everything } from "../../model/index.ts"
import { transaction } from "../../platform/sql/index.ts"
import { makeTown } from "../../sim/town/index.ts"
import { installRisk } from "../risk/index.ts"
import { installCensus } from "./index.ts"
import { testCity } from "./testing.ts"

it("town", async () => {
  const city = await testCity()
  const census = installCensus(city.app)
  const risk = installRisk(city.app, census)
  const town = makeTown(7)
  const t = async <T>(what: string, f: () => Promise<T>) => {
    const s = performance.now()
    const r = await f()
    console.log(what, Math.round(performance.now() - s), "ms")
    return r
  }
  for (const o of town.organisations)
    await sql`insert into access_organisation (code, name, kind) values (${o.code}, ${JSON.stringify(o.name)}::jsonb, ${o.kind})`.execute(
      city.app.sql.db,
    )
  console.log(
    town.organisations.map((o) => o.code),
    Object.entries(town.basemap)
      .map(([k, v]) => k + ":" + v.features.length)
      .join(" "),
  )
  const lw = city.app.lifelines.find((l) => l.id === "water")!,
    lg = city.app.lifelines.find((l) => l.id === "gas")!
  const w = await t("read inp", async () =>
    lw.imports![0]!.read(town.water.inp, { companion: town.water.companion, origin: town.origin }),
  )
  const gasdev = { devices: town.devices.filter((d) => d.lifeline === "gas") }
  const g = await t("read gas", async () => lg.imports![0]!.read(town.gas.geojson, { companion: gasdev, origin: null }))
  console.log(
    w.assets.length,
    w.devices.length,
    w.areas.length,
    g.assets.length,
    g.devices.length,
    gasdev.devices.length,
    w.problems.slice(0, 3),
    g.problems.slice(0, 3),
  )
  const common = { file_name: "f", file_hash: "h", origin: town.origin, by: "t" }
  const a = await t("import", () =>
    transaction(city.app.sql.db, async (tx) => [
      await census.importAssets(tx, { ...common, lifeline: lw, imported: w, source: "water", default_owner: "water" }),
      await census.importAssets(tx, { ...common, lifeline: lg, imported: g, source: "gas" }),
    ]),
  )
  console.log(
    a.map((x) => [x.added, x.area_ids.size, x.problems.map((p) => p.words.en + (p.blocks ? "!" : "")).slice(0, 8)]),
  )
  await t("base", () => transaction(city.app.sql.db, (tx) => census.setBaseMap(tx, town.basemap as never)))
  await t("reload", () => census.reload())
  console.log(await t("risk", () => risk.assess()))
  console.log(census.bounds(), census.center(), town.core)
  const all = [everything]
  const [lon, lat] = census.center()!
  for (const layer of ["base", "census", "risk"])
    for (const z of [10, 12, 13, 14, 15, 16]) {
      const n = 2 ** z
      const y = Math.floor(((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * n)
      const r = await t(layer + z, () =>
        city.get(`/api/map/${layer}/${z}/${Math.floor(((lon + 180) / 360) * n)}/${y}.mvt`, all),
      )
      console.log("  bytes", r.body.length, r.status)
    }
  const s = performance.now()
  let i = 0
  for (const asset of census.assets()) {
    if (i++ % 50 === 0) census.placeWords(asset.lon_lat)
  }
  console.log(
    "place",
    (performance.now() - s) / (i / 50),
    "ms each",
    [...census.assets()].filter((_, k) => k % 400 === 0).map((a) => JSON.stringify(census.placeWords(a.lon_lat))),
  )
  console.log((await t("summary", () => city.get("/api/risk/summary", all))).json())
  console.log((await t("register", () => city.get("/api/risk/register?limit=2", all))).json().items)
  await t("assets", () => city.get("/api/census/assets?limit=50", all))
  await city.close()
}, 60000)
