import { useEffect } from "react"
import { type RiskRow, type RiskSummary, type RiskView, useGet } from "../../api.ts"
import { useStore } from "../../external.ts"
import { useKeys } from "../../frame/index.ts"
import {
  type Column,
  DataList,
  numberText,
  RiskBars,
  ScreenHead,
  SearchField,
  SelectField,
  Shown,
} from "../../kit/index.ts"
import { MapSlot, readyStore, showRisk } from "../../map/index.ts"
import { dateText } from "../../time.ts"
import { parseSelection, useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { lifelineOptions, useNames } from "../names.ts"
import { usePickedAsset, useShownAsset } from "../use-shown-asset.ts"
import { RiskInspector } from "./inspector.tsx"
import { Matrix } from "./matrix.tsx"

/** 风险: the four-colour register, the matrix that filters it, one score explained; risk is ground on the map, not figure. */
export default function Risk() {
  const { t, pick } = useWords()
  const names = useNames()
  const [search, setUrl] = useUrl()
  const selection = parseSelection(search.sel)
  const id = selection?.kind === "asset" ? selection.id : null
  const select = (asset: number | null) => setUrl({ sel: asset === null ? undefined : `asset:${asset}` })
  // Risk is drawn for one lifeline at a time; without a choice it is the first that is assessed.
  const lifeline = search.lifeline
  const summary = useGet<RiskSummary>("risk", "/api/risk/summary", { lifeline })
  const detail = useGet<RiskView>("risk", id === null ? null : `/api/risk/register/${id}`, {}, { keep: false })
  const ready = useStore(readyStore)
  useEffect(() => {
    if (!ready) return
    showRisk(lifeline ?? "")
    return () => showRisk(null)
  }, [ready, lifeline])
  useShownAsset(
    detail.data
      ? { geometry: { type: "Point", coordinates: detail.data.lon_lat }, lon_lat: detail.data.lon_lat }
      : null,
  )
  usePickedAsset(select)
  useKeys({ Escape: () => select(null) })
  const band = Number(search.band) || null
  const columns: Column<RiskRow>[] = [
    {
      id: "band",
      title: t("risk.risk"),
      width: "108px",
      sort: "band",
      cell: (r) => (
        <span className="row g6">
          <RiskBars band={r.band} />
          {t(`risk.band.${r.band}`)}
        </span>
      ),
    },
    {
      id: "name",
      title: t("list.name"),
      width: "minmax(110px,1fr)",
      cell: (r) => (
        <>
          {pick(r.name)} <span className="m i3">{r.code}</span>
        </>
      ),
    },
    {
      id: "length",
      title: t("risk.length"),
      width: "64px",
      right: true,
      sort: "length_m",
      cell: (r) => (r.length_m === null ? "—" : `${numberText(r.length_m, 0)} m`),
    },
    {
      id: "known",
      title: t("risk.known"),
      width: "56px",
      right: true,
      sort: "known",
      cell: (r) => <span className="i3">{Math.round(r.known * 100)} %</span>,
    },
    {
      id: "score",
      title: t("risk.score"),
      width: "48px",
      right: true,
      sort: "score",
      cell: (r) => <b>{numberText(r.score, 1)}</b>,
    },
  ]
  return (
    <main className={`main lists ${id === null ? "" : "open"}`}>
      <section className="panel br">
        <ScreenHead
          title={t("risk.title")}
          note={
            summary.data
              ? `${t("list.count", {
                  count: numberText(
                    summary.data.bands.reduce((n, b) => n + b.count, 0),
                    0,
                  ),
                })}${summary.data.assessed_at ? ` · ${t("risk.assessed", { date: dateText(summary.data.assessed_at) })}` : ""}`
              : ""
          }
        />
        <Shown query={summary}>
          {(sums) => (
            <div className="bb" style={{ padding: "8px 12px 10px", flex: "none" }}>
              <div className="bands">
                {sums.bands.map((b) => (
                  <button
                    key={b.band}
                    type="button"
                    className={`chip ${band === b.band ? "fill" : ""}`}
                    aria-pressed={band === b.band}
                    title={`${pick(b.name)} · ${numberText(b.length_m / 1000, 1)} km`}
                    onClick={() =>
                      setUrl(
                        {
                          band: band === b.band ? undefined : String(b.band),
                          likelihood: undefined,
                          consequence: undefined,
                        },
                        { replace: true },
                      )
                    }
                  >
                    <RiskBars band={b.band} />
                    {t(`risk.band.${b.band}`)} <b>{numberText(b.count, 0)}</b>
                    <span className="i3">{numberText(b.length_m / 1000, 1)} km</span>
                  </button>
                ))}
              </div>
              <Matrix counts={sums.matrix} from={detail.data ?? null} />
            </div>
          )}
        </Shown>
        <div className="filters">
          <SearchField placeholder={t("risk.search")} />
          <SelectField param="lifeline" label={t("list.lifeline")} options={lifelineOptions(names)} />
        </div>
        <DataList
          kind="risk"
          path="/api/risk/register"
          query={{
            lifeline,
            band: search.band,
            likelihood: search.likelihood,
            consequence: search.consequence,
            q: search.q,
          }}
          columns={columns}
          idOf={(r) => r.asset_id}
          selected={id}
          onSelect={(r) => select(r.asset_id)}
          label={t("risk.title")}
        />
      </section>
      <MapSlot pointers={false}>
        <div className="mapui lg" style={{ left: 12, top: 12, maxWidth: "calc(100% - 68px)", overflow: "hidden" }}>
          <b className="nw1">{lifeline ? t("risk.of", { lifeline: names.lifeline(lifeline) }) : t("risk.risk")}</b>
          {[1, 2, 3].map((b) => (
            <span key={b} className="row g4 nw1">
              <i className={`swatch k${b}`} />
              {t(`risk.band.${b}`)}
            </span>
          ))}
          <span className="i3 nw1">{t("risk.low_plain")}</span>
        </div>
        <div
          className="mapui f11 i2"
          style={{ left: 12, bottom: 48, padding: "3px 8px", maxWidth: "calc(100% - 64px)" }}
        >
          {t("risk.ground")}
        </div>
      </MapSlot>
      {id === null ? null : <RiskInspector query={detail} onClose={() => select(null)} />}
    </main>
  )
}
