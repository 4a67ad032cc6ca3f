import { useEffect, useMemo, useState } from "react"
import type { DeliveryView } from "../../../../stages/census/staging/views.ts"
import { useCity } from "../../../api.ts"
import { useStore } from "../../../external.ts"
import { Button, Field, Icon, Notice, numberText } from "../../../kit/index.ts"
import { type Feature, MapSlot, metresBetween, readyStore } from "../../../map/index.ts"
import type { Tokens } from "../../../theme/index.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { act, doIt, useDesk } from "./desk.ts"
import { useMayWork } from "./may-work.ts"
import { showAll, useCleanMap, useOverlay } from "./overlay.ts"
import { type Proposal, proposalsOf, type SystemChoice, sameSystem } from "./shapes.ts"
import { definitionText } from "./system-text.ts"

const likely_min = 0.5

const layers = (t: Tokens): object[] => [
  {
    id: "proposal-ring",
    type: "circle",
    paint: {
      "circle-radius": ["case", ["==", ["get", "index"], -1], 5, ["get", "chosen"], 11, 9],
      "circle-color": ["case", ["get", "chosen"], t.ink, t.bg_raised],
      "circle-stroke-color": t.ink,
      "circle-stroke-width": 1.5,
    },
  },
  {
    id: "proposal-number",
    type: "symbol",
    layout: {
      "text-field": ["get", "rank"],
      "text-size": 12,
      "text-font": ["Noto Sans SC Variable"],
      "text-allow-overlap": true,
    },
    paint: { "text-color": ["case", ["get", "chosen"], t.on_ink, t.ink] },
  },
  {
    id: "proposal-city",
    type: "symbol",
    layout: {
      "text-field": ["get", "name"],
      "text-size": 12,
      "text-font": ["Noto Sans SC Variable"],
      "text-offset": [0, 1.2],
    },
    paint: { "text-color": t.ink, "text-halo-color": t.m_halo, "text-halo-width": 2 },
  },
]

const pointOf = (at: [number, number], properties: Record<string, unknown>): Feature => ({
  type: "Feature",
  properties,
  geometry: { type: "Point", coordinates: at },
})

/** 坐标: what the numbers may mean, how sure that is and why, and where the delivery would lie. Nothing is guessed silently. */
export function SystemStep({ delivery }: { delivery: DeliveryView }) {
  const { t } = useWords()
  const [, setUrl] = useUrl()
  const may = useMayWork(delivery)
  const proposals = useMemo(() => proposalsOf(delivery), [delivery])
  const [picked, setPicked] = useState<number | null>(null)
  const [own, setOwn] = useState<SystemChoice | null>(null)
  const save = useDesk<DeliveryView>(() => setUrl({ step: "check" }))
  const system = delivery.system as SystemChoice | null
  const chosen = own ?? (picked === null ? null : (proposals[picked]?.system ?? null))
  const current = proposals.findIndex((p) => sameSystem(p.system, system))
  const at = own ? -1 : (picked ?? current)
  useCleanMap()
  const ready = useStore(readyStore)
  const city = useCity().data?.center ?? null
  const city_name = t("deliveries.city")
  const features = useMemo(
    () => [
      ...(city ? [pointOf(city, { index: -1, rank: "", chosen: false, name: city_name })] : []),
      ...proposals.flatMap((p, i) =>
        p.centre ? [pointOf(p.centre, { index: i, rank: String(i + 1), chosen: i === at, name: "" })] : [],
      ),
    ],
    [proposals, at, city, city_name],
  )
  useOverlay("proposals", layers, features, ({ index }) => {
    if (Number(index) < 0) return
    setOwn(null)
    setPicked(Number(index))
  })
  // Whether a place is near or far is seen beside the city.
  const places = [...proposals.flatMap((p) => (p.centre ? [p.centre] : [])), ...(city ? [city] : [])].join(" ")
  useEffect(() => {
    if (ready && places) showAll(places.split(" ").map((place) => place.split(",").map(Number) as [number, number]))
  }, [ready, places])
  const send = () =>
    save.mutate(async () => {
      await act(delivery.id, "system", { system: chosen })
      return doIt(delivery.id, "check")
    })
  return (
    <div className="dv-two wide-left">
      <div className="col dv-right br">
        <div className="scroll">
          <div className="sec row g8 wrap">
            <b className="f14">{t("deliveries.system_now")}</b>
            {system ? (
              <span className="chip fill">
                {definitionText(system.definition, t)}
                {system.swapped ? ` · ${t("deliveries.swapped_short")}` : ""}
              </span>
            ) : (
              <span className="i2">{t("deliveries.system_none")}</span>
            )}
          </div>
          {proposals.length === 0 ? (
            <Notice
              icon="locate"
              title={t("deliveries.no_proposals")}
              text={t(delivery.rows === null ? "deliveries.not_checked_text" : "deliveries.no_proposals_text")}
            />
          ) : (
            <div role="radiogroup" aria-label={t("deliveries.proposals")}>
              {proposals.map((p, i) => (
                <ProposalRow
                  key={JSON.stringify(p.system)}
                  proposal={p}
                  rank={i + 1}
                  on={i === at}
                  disabled={!may}
                  onPick={() => {
                    setOwn(null)
                    setPicked(i)
                  }}
                />
              ))}
            </div>
          )}
          {may ? <ByHand onChoose={setOwn} /> : null}
        </div>
        {may ? (
          <div className="act row g8">
            <Button kind="primary" disabled={chosen === null || save.isPending} onClick={send}>
              {t("deliveries.take_system")}
            </Button>
            <span className="i3 f12">
              {chosen
                ? `${definitionText(chosen.definition, t)}${chosen.swapped ? ` · ${t("deliveries.swapped_short")}` : ""}`
                : t("deliveries.choose_first")}
            </span>
          </div>
        ) : null}
      </div>
      <MapSlot pointers={false}>
        <div className="mapui lg" style={{ left: 12, top: 12 }}>
          {t("deliveries.where_middle")}
        </div>
      </MapSlot>
    </div>
  )
}

function ProposalRow({
  proposal: p,
  rank,
  on,
  disabled,
  onPick,
}: {
  proposal: Proposal
  rank: number
  on: boolean
  disabled: boolean
  onPick(): void
}) {
  const { t, pick } = useWords()
  const city = useCity().data?.center
  const km = city && p.centre ? metresBetween(city, p.centre) / 1000 : p.distance_km
  return (
    // biome-ignore lint/a11y/useSemanticElements: a row of several lines that is chosen as a whole
    <button
      type="button"
      role="radio"
      aria-checked={on}
      disabled={disabled}
      className={`dv-prop ${on ? "sel" : ""}`}
      onClick={onPick}
    >
      <i>{rank}</i>
      <span className="col">
        <span className="row g8 wrap">
          <b>{pick(p.name)}</b>
          {p.system.swapped ? <span className="chip">{t("deliveries.swapped")}</span> : null}
          {p.certain ? <span className="chip fill">{t("deliveries.certain")}</span> : null}
          {p.needs_control_points ? <span className="chip dash">{t("deliveries.needs_control")}</span> : null}
        </span>
        <span className="i2 f12 wrapped">{pick(p.because)}</span>
        <span className="i3 f12">
          {km !== null
            ? t("deliveries.distance", { km: numberText(km, km < 10 ? 1 : 0) })
            : p.centre
              ? `${p.centre[1].toFixed(4)}°, ${p.centre[0].toFixed(4)}°`
              : ""}
          {" · "}
          {t("deliveries.rows_so", { count: numberText(p.rows, 0) })}
        </span>
      </span>
      <span className="r">
        <b className={p.confidence >= likely_min ? "" : "i3"}>{Math.round(p.confidence * 100)} %</b>
        <small className="i3">{t("deliveries.confidence")}</small>
      </span>
    </button>
  )
}

const parameters = ["central_meridian_deg", "false_easting_m", "false_northing_m", "scale"] as const
const shifts = ["shift_north_m", "shift_east_m", "rotation_arcsec", "scale_ppm"] as const
type Given = Record<(typeof parameters)[number] | (typeof shifts)[number], string>
const nothing: Given = {
  central_meridian_deg: "117",
  false_easting_m: "500000",
  false_northing_m: "0",
  scale: "1",
  shift_north_m: "",
  shift_east_m: "",
  rotation_arcsec: "0",
  scale_ppm: "0",
}
const arcsec_per_rad = (180 * 3600) / Math.PI

/** A system that a person knows: a map service, an EPSG number, a plane by its parameters, a city grid by four more. */
function ByHand({ onChoose }: { onChoose(choice: SystemChoice | null): void }) {
  const { t } = useWords()
  const [way, setWay] = useState<"" | "epsg" | "gcj-02" | "bd-09" | "plane" | "grid">("")
  const [epsg, setEpsg] = useState("")
  const [swapped, setSwapped] = useState(false)
  const [given, setGiven] = useState<Given>(nothing)
  const tell = (to: typeof way, number: string, values: Given, swap: boolean) =>
    onChoose(choiceOf(to, number, values, swap))
  const change = (name: keyof Given, value: string) => {
    const next = { ...given, [name]: value }
    setGiven(next)
    tell(way, epsg, next, swapped)
  }
  const inputs = (names: readonly (keyof Given)[]) => (
    <div className="dv-pair">
      {names.map((name) => (
        <Field key={name} label={t(`deliveries.parameter.${name}`)} note={unit_of[name]}>
          <span className={`in ${Number.isFinite(numberOf(given[name])) ? "" : "err"}`}>
            <input inputMode="decimal" value={given[name]} onChange={(event) => change(name, event.target.value)} />
          </span>
        </Field>
      ))}
    </div>
  )
  return (
    <section className="sec dv-form">
      <h3>{t("deliveries.by_hand")}</h3>
      <span className="in">
        <select
          aria-label={t("deliveries.by_hand")}
          value={way}
          onChange={(event) => {
            const to = event.target.value as typeof way
            setWay(to)
            tell(to, epsg, given, swapped)
          }}
        >
          <option value="">{t("deliveries.by_hand_none")}</option>
          {(["epsg", "gcj-02", "bd-09", "plane", "grid"] as const).map((one) => (
            <option key={one} value={one}>
              {t(`deliveries.way.${one}`)}
            </option>
          ))}
        </select>
      </span>
      {way === "epsg" ? (
        <Field label={t("deliveries.epsg")} note="4490 · 4513–4554">
          <span className="in">
            <input
              inputMode="numeric"
              value={epsg}
              maxLength={6}
              onChange={(event) => {
                setEpsg(event.target.value)
                tell(way, event.target.value, given, swapped)
              }}
            />
          </span>
        </Field>
      ) : null}
      {way === "plane" || way === "grid" ? inputs(parameters) : null}
      {way === "grid" ? (
        <>
          {inputs(shifts)}
          <span className="i3 f12">{t("deliveries.grid_note")}</span>
        </>
      ) : null}
      {way ? (
        <label className="row g6 f12">
          <input
            type="checkbox"
            checked={swapped}
            onChange={(event) => {
              setSwapped(event.target.checked)
              tell(way, epsg, given, event.target.checked)
            }}
          />
          {t("deliveries.swapped_box")}
        </label>
      ) : null}
      {way ? (
        <span className="i3 f12 row g6">
          <Icon name="warning" />
          {t("deliveries.by_hand_note")}
        </span>
      ) : null}
    </section>
  )
}

const unit_of: Record<keyof Given, string> = {
  central_meridian_deg: "°",
  false_easting_m: "m",
  false_northing_m: "m",
  scale: "",
  shift_north_m: "m",
  shift_east_m: "m",
  rotation_arcsec: "″",
  scale_ppm: "ppm",
}

const numberOf = (text: string) => (text.trim() === "" ? Number.NaN : Number(text))

/** The choice as it is sent, or null while something is missing. */
function choiceOf(way: string, epsg: string, given: Given, swapped: boolean): SystemChoice | null {
  if (way === "") return null
  if (way === "epsg") return /^\d{4,6}$/.test(epsg.trim()) ? { definition: Number(epsg), swapped } : null
  if (way === "gcj-02" || way === "bd-09") return { definition: way, swapped }
  const values = Object.fromEntries(parameters.map((name) => [name, numberOf(given[name])]))
  if (!Object.values(values).every(Number.isFinite)) return null
  if (way === "plane") return { definition: values, swapped }
  const [shift_north_m, shift_east_m, arcsec, scale_ppm] = shifts.map((name) => numberOf(given[name]))
  const similarity = { shift_north_m, shift_east_m, rotation_rad: (arcsec ?? Number.NaN) / arcsec_per_rad, scale_ppm }
  return Object.values(similarity).every(Number.isFinite) ? { definition: { base: values, similarity }, swapped } : null
}
