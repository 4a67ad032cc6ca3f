/** HTTP of the quality score: by area, owner or class, and down to the assets that lower it. */
import Type from "typebox"
import { type AssetKind, covers, ProblemError, problem, type Scope } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { cursorOf, pageOf } from "../../../platform/http/index.ts"
import { Id, ListQuery, Page } from "../../../platform/http/views.ts"
import { transaction } from "../../../platform/sql/index.ts"
import type { Census } from "../types.ts"
import {
  default_settings,
  type Group,
  type GroupScore,
  type Measure,
  type QualitySettings,
  rollUp,
  settingsProblem,
} from "./score.ts"
import * as store from "./store.ts"
import { type GroupView, LowAssetView, MeasureName, QualityView, SettingsView } from "./views.ts"
import { whyLow } from "./why.ts"

const day_ms = 86_400_000
const sides = ["area", "owner", "kind"] as const
type Side = (typeof sides)[number]

type Sums = { key: string; groups: Promise<Group[]>; computed_at: number }

export function installQuality(app: App, census: Census): void {
  const { db } = app.sql
  const permission = "census.read" as const
  const kinds = new Map(
    app.lifelines.flatMap((lifeline) =>
      lifeline.assets.map((kind): [string, AssetKind] => [`${lifeline.id} ${kind.kind}`, kind]),
    ),
  )
  let kept: Sums | null = null

  /** Sums are the same until the census, open issues, the settings or the day change. */
  async function sumsNow(settings: QualitySettings): Promise<Sums> {
    const now = app.clock.now()
    const issues = await store.openIssuesMark(db)
    const key = JSON.stringify([census.revision(), Math.floor(now / day_ms), issues, settings])
    if (kept?.key === key) return kept
    const mine: Sums = { key, groups: store.groupSums(db, app.lifelines, settings, now), computed_at: now }
    kept = mine
    mine.groups.catch(() => {
      if (kept === mine) kept = null // The next request tries again.
    })
    return mine
  }
  const settingsNow = async () => {
    const own = await store.readSettings(db)
    return { settings: own ?? default_settings, are_defaults: !own }
  }
  const seen = async (settings: QualitySettings, scopes: readonly Scope[]) => {
    const { groups, computed_at } = await sumsNow(settings)
    return { groups: (await groups).filter((group) => covers(scopes, group)), computed_at }
  }

  app.http.route({
    method: "GET",
    url: "/api/census/quality",
    permission,
    summary: "Quality of the census by area, owner or kind: completeness, consistency, accuracy, freshness",
    query: Type.Object({ by: Type.Optional(Type.Union(sides.map((side) => Type.Literal(side)))) }),
    response: QualityView,
    async handler({ query, scopes }): Promise<QualityView> {
      const by = (query.by ?? "kind") as Side
      const { settings, are_defaults } = await settingsNow()
      const { groups, computed_at } = await seen(settings, scopes)
      const names = await store.namesOf(db)
      const found = rollUp(groups, keysBy[by], settings)
      const all = rollUp(groups, () => [""], settings).get("") ?? rollUp([nobody], () => [""], settings).get("")!
      const views = [...found].map(([key, score]) => ({ ...headOf(by, key, names), ...score }))
      views.sort((a, b) => (a.total ?? 101) - (b.total ?? 101))
      const everything: GroupView = { name: { zh: "全部", en: "All" }, ...all }
      return { by, computed_at, all: everything, groups: views, settings, settings_are_defaults: are_defaults }
    },
  })

  function headOf(
    by: Side,
    key: string,
    names: Awaited<ReturnType<typeof store.namesOf>>,
  ): Omit<GroupView, keyof GroupScore> {
    if (by === "kind") {
      const [lifeline = "", kind = ""] = key.split(" ")
      const name = kinds.get(key)?.name ?? { zh: kind, en: kind }
      return { lifeline, kind, name }
    }
    const id = key === "" ? null : Number(key)
    if (by === "owner")
      return { owner_id: id, name: (id !== null && names.owners.get(id)) || { zh: "权属不明", en: "Owner not known" } }
    const name = id === null ? undefined : names.areas.get(id)
    return { area_id: id, name: name ? { zh: name, en: name } : { zh: "不在任何分区", en: "In no area" } }
  }

  const NullableId = Type.Optional(Type.Union([Id, Type.Literal("none")]))
  app.http.route({
    method: "GET",
    url: "/api/census/quality/assets",
    permission,
    summary: "Assets that lower a measure of quality, each with why",
    query: Type.Object({
      ...ListQuery,
      measure: MeasureName,
      lifeline: Type.Optional(Type.String({ maxLength: 100 })),
      kind: Type.Optional(Type.String({ maxLength: 100 })),
      owner_id: NullableId,
      area_id: NullableId,
    }),
    response: Page(LowAssetView),
    async handler({ query, scopes }) {
      const { limit, offset } = cursorOf(query)
      const { settings } = await settingsNow()
      const id = (said: number | "none" | undefined) => (said === "none" ? null : said)
      const measure = query.measure as Measure
      const filter: store.Filter = {
        ...(query.lifeline !== undefined && { lifeline: query.lifeline }),
        ...(query.kind !== undefined && { kind: query.kind }),
        ...(query.owner_id !== undefined && { owner_id: id(query.owner_id)! }),
        ...(query.area_id !== undefined && { area_id: id(query.area_id)! }),
      }
      const { groups, computed_at } = await seen(settings, scopes)
      const rows: store.LowRow[] = []
      let total = 0
      // Kind after kind: those before the page are passed over by what was counted of them.
      for (const [key, low] of lowByKind(groups, filter, measure)) {
        const [lifeline = "", kind = ""] = key.split(" ")
        const wanted = limit + 1 - rows.length
        const skip = Math.max(0, offset - total)
        total += low
        if (wanted <= 0 || skip >= low) continue
        const asked = { ...filter, lifeline, kind, measure }
        const page = { limit: wanted, offset: skip }
        rows.push(...(await store.lowAssets(db, scopes, asked, kinds.get(key), settings, computed_at, page)))
      }
      const views = rows.map((row) => toView(row, measure, settings))
      return pageOf(views, total, limit, offset)
    },
  })

  function toView(row: store.LowRow, measure: Measure, settings: QualitySettings): LowAssetView {
    return {
      asset_id: row.id,
      lifeline: row.lifeline,
      kind: row.kind,
      code: row.code,
      name: row.name,
      owner_id: row.owner_id,
      lon_lat: [row.lon, row.lat],
      place: census.placeWords([row.lon, row.lat]),
      why: whyLow(row, kinds.get(`${row.lifeline} ${row.kind}`), measure, settings),
      file: row.file,
      table: row.table_name,
      row: row.row,
    }
  }

  app.http.route({
    method: "POST",
    url: "/api/census/quality/settings",
    permission: "census.write",
    summary: "Set the weights and limits of the quality score",
    body: SettingsView,
    response: SettingsView,
    async handler({ body, caller }) {
      const settings = body as QualitySettings
      const wrong = settingsProblem(settings)
      if (wrong !== null)
        throw new ProblemError(
          problem("quality-settings", 422, `质量评分设置不可用：${wrong}`, `These settings cannot be used: ${wrong}`, {
            field: wrong.split(/[: ]/)[0]!,
          }),
        )
      await transaction(db, async (tx) => {
        await store.writeSettings(tx, settings)
        await app.audit(tx, caller, "census.quality-settings", "census:quality", settings)
      })
      return settings
    },
  })
}

const keysBy: Record<Side, (group: Group) => readonly string[]> = {
  kind: ({ lifeline, kind }) => [`${lifeline} ${kind}`],
  owner: ({ owner_id }) => [owner_id === null ? "" : String(owner_id)],
  area: ({ area_ids }) => (area_ids.length === 0 ? [""] : area_ids.map(String)),
}

const fits = (group: Group, { lifeline, kind, owner_id, area_id }: store.Filter): boolean =>
  (lifeline === undefined || group.lifeline === lifeline) &&
  (kind === undefined || group.kind === kind) &&
  (owner_id === undefined || group.owner_id === owner_id) &&
  (area_id === undefined || (area_id === null ? group.area_ids.length === 0 : group.area_ids.includes(area_id)))

/** How many assets of each kind lower a measure, in the order of the kinds' names. */
function lowByKind(groups: readonly Group[], filter: store.Filter, measure: Measure): [string, number][] {
  const found = new Map<string, number>()
  for (const group of groups) {
    if (!fits(group, filter) || group.sums[measure].low === 0) continue
    const key = `${group.lifeline} ${group.kind}`
    found.set(key, (found.get(key) ?? 0) + group.sums[measure].low)
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1))
}

const nobody: Group = {
  lifeline: "",
  kind: "",
  owner_id: null,
  area_ids: [],
  assets: 0,
  sums: {
    completeness: { numerator: 0, denominator: 0, low: 0 },
    consistency: { numerator: 0, denominator: 0, low: 0 },
    accuracy: { numerator: 0, denominator: 0, low: 0 },
    freshness: { numerator: 0, denominator: 0, low: 0 },
  },
}
