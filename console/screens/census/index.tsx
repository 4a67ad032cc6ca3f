import { lazy, type ReactNode } from "react"
import { type AreaRow, type AssetRow, type BatchRow, can, useGet, useMe } from "../../api.ts"
import { useKeys } from "../../frame/index.ts"
import {
  Ago,
  type Column,
  DataList,
  numberText,
  ScreenHead,
  SearchField,
  SelectField,
  ShortList,
  Shown,
  useView,
  Views,
  withIcon,
} from "../../kit/index.ts"
import { MapHelp, MapSlot } from "../../map/index.ts"
import { exactText } from "../../time.ts"
import { parseSelection, useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { lifelineOptions, useNames } from "../names.ts"
import { usePickedAsset } from "../use-shown-asset.ts"
import { Changes, Deliveries } from "./deliveries/index.tsx"
import { AssetInspector } from "./inspector.tsx"
import { Problems } from "./problems.tsx"
import { CensusTools } from "./tools/index.tsx"

/** three.js comes only when somebody looks underground. */
const Underground = lazy(() => import("./underground/index.tsx"))
const views = ["assets", "areas", "batches", "deliveries", "changes"] as const

/** 普查: what lies in the ground, the deliveries on their way into it, and the changes that wait for approval. */
export default function Census() {
  const view = useView(views)
  const [search] = useUrl()
  const switcher = <CensusViews />
  // A question asked from below is answered on the map; closing it leads back below.
  if (search.under && !search.tool && !search.isolate) return <Underground />
  if (view === "deliveries") return <Deliveries switcher={switcher} />
  if (view === "changes") return <Changes switcher={switcher} />
  return <Ground switcher={switcher} />
}

/** Tabs of the census; who may neither bring in nor approve does not see those of the desk. */
function CensusViews() {
  const { t } = useWords()
  const me = useMe().data
  const desk = can(me, "census.import") || can(me, "census.approve")
  return (
    <Views
      label={t("census.views")}
      views={[
        { id: "assets", words: t("census.assets") },
        { id: "areas", words: t("census.areas") },
        { id: "batches", words: t("census.batches") },
        ...(desk
          ? [
              { id: "deliveries" as const, words: t("deliveries.title") },
              { id: "changes" as const, words: t("changes.title") },
            ]
          : []),
      ]}
    />
  )
}

/** What lies in the ground, metered areas, and the files it came from with their problems. */
function Ground({ switcher }: { switcher: ReactNode }) {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const view = useView(views)
  const selection = parseSelection(search.sel)
  const asset_id = selection?.kind === "asset" ? selection.id : null
  const batch_id = selection?.kind === "batch" ? selection.id : null
  const select = (kind: string, id: number | null) => setUrl({ sel: id === null ? undefined : `${kind}:${id}` })
  usePickedAsset((id) => select("asset", id))
  useKeys({ Escape: () => select("asset", null) })
  const open = asset_id !== null || batch_id !== null
  return (
    <main className={`main lists ${open ? "open" : ""}`}>
      <section className="panel br">
        <ScreenHead title={t("rail.census")}>{switcher}</ScreenHead>
        {view === "assets" ? (
          <Assets selected={asset_id} onSelect={(id) => select("asset", id)} />
        ) : view === "areas" ? (
          <Areas />
        ) : (
          <Batches selected={batch_id} onSelect={(id) => select("batch", id)} />
        )}
      </section>
      <MapSlot pointers={false}>
        <MapHelp />
        <CensusTools />
      </MapSlot>
      {asset_id !== null ? <AssetInspector id={asset_id} onClose={() => select("asset", null)} /> : null}
      {batch_id !== null ? <Problems id={batch_id} onClose={() => select("batch", null)} /> : null}
    </main>
  )
}

function Assets({ selected, onSelect }: { selected: number | null; onSelect(id: number): void }) {
  const { t, pick } = useWords()
  const names = useNames()
  const [search] = useUrl()
  const areas = useGet<AreaRow[]>("census", "/api/census/areas", {}, { stale_ms: 60_000 }).data ?? []
  const kinds = names.lifelines
    .filter((l) => !search.lifeline || l.id === search.lifeline)
    .flatMap((l) => l.assets.map((a) => ({ value: a.kind, words: pick(a.name) })))
    .filter((kind, i, all) => all.findIndex((k) => k.value === kind.value) === i)
  const columns: Column<AssetRow>[] = [
    {
      id: "kind",
      title: t("census.kind"),
      width: "110px",
      sort: "kind",
      cell: (a) => withIcon(names.icon(a.lifeline), names.kind(a.lifeline, a.kind)),
    },
    {
      id: "code",
      title: t("list.code"),
      width: "92px",
      sort: "code",
      cell: (a) => <span className="m">{a.code}</span>,
    },
    { id: "name", title: t("list.name"), width: "minmax(90px,1fr)", sort: "name", cell: (a) => a.name ?? "—" },
    {
      id: "place",
      title: t("list.place"),
      width: "minmax(90px,1fr)",
      cell: (a) => <span className="i2">{pick(a.place)}</span>,
    },
  ]
  return (
    <>
      <div className="filters">
        <SearchField placeholder={t("census.search")} />
        <SelectField param="lifeline" label={t("list.lifeline")} options={lifelineOptions(names)} also={["kind"]} />
        <SelectField param="kind" label={t("census.kind")} options={kinds} />
        {areas.length ? (
          <SelectField
            param="area"
            label={t("list.area")}
            options={areas.map((a) => ({ value: a.code, words: a.name || a.code }))}
          />
        ) : null}
      </div>
      <DataList
        kind="census"
        path="/api/census/assets"
        query={{ lifeline: search.lifeline, kind: search.kind, area: search.area, q: search.q }}
        columns={columns}
        idOf={(a) => a.id}
        selected={selected}
        onSelect={(a) => onSelect(a.id)}
        label={t("census.assets")}
      />
    </>
  )
}

function Areas() {
  const { t } = useWords()
  const names = useNames()
  const [, setUrl] = useUrl()
  const areas = useGet<AreaRow[]>("census", "/api/census/areas")
  return (
    <div className="scroll">
      <Shown query={areas}>
        {(rows) => (
          <ShortList
            label={t("census.areas")}
            rows={rows}
            idOf={(a) => a.id}
            onSelect={(a) => setUrl({ view: undefined, area: a.code, lifeline: a.lifeline ?? undefined })}
            columns={[
              { id: "code", title: t("list.code"), width: "90px", cell: (a) => <span className="m">{a.code}</span> },
              { id: "name", title: t("list.name"), width: "1fr", cell: (a) => a.name },
              {
                id: "kind",
                title: t("census.kind"),
                width: "110px",
                cell: (a) => t(`census.area_kind.${a.kind}`, { defaultValue: a.kind }),
              },
              {
                id: "lifeline",
                title: t("list.lifeline"),
                width: "80px",
                cell: (a) => (a.lifeline ? names.lifeline(a.lifeline) : "—"),
              },
              {
                id: "length",
                title: t("census.length"),
                width: "90px",
                right: true,
                cell: (a) => `${numberText(a.pipe_length_m / 1000, 1)} km`,
              },
            ]}
          />
        )}
      </Shown>
    </div>
  )
}

function Batches({ selected, onSelect }: { selected: number | null; onSelect(id: number): void }) {
  const { t } = useWords()
  const names = useNames()
  const batches = useGet<BatchRow[]>("census", "/api/census/batches")
  return (
    <div className="scroll">
      <Shown query={batches}>
        {(rows) => (
          <ShortList
            label={t("census.batches")}
            rows={rows}
            idOf={(b) => b.id}
            selected={selected}
            onSelect={(b) => onSelect(b.id)}
            columns={[
              { id: "file", title: t("census.file"), width: "1fr", cell: (b) => <b>{b.file_name}</b> },
              {
                id: "lifeline",
                title: t("list.lifeline"),
                width: "80px",
                cell: (b) => withIcon(names.icon(b.lifeline), names.lifeline(b.lifeline)),
              },
              {
                id: "assets",
                title: t("census.assets"),
                width: "64px",
                right: true,
                cell: (b) => numberText(b.assets, 0),
              },
              {
                id: "devices",
                title: t("census.devices"),
                width: "56px",
                right: true,
                cell: (b) => numberText(b.devices, 0),
              },
              {
                id: "problems",
                title: t("census.problems"),
                width: "56px",
                right: true,
                cell: (b) => (b.problems.length ? <b>{b.problems.length}</b> : "0"),
              },
              {
                id: "at",
                title: t("census.imported"),
                width: "84px",
                right: true,
                cell: (b) => (
                  <span className="i3" title={exactText(b.imported_at)}>
                    <Ago time={b.imported_at} />
                  </span>
                ),
              },
            ]}
          />
        )}
      </Shown>
    </div>
  )
}
