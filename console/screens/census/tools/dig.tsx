import { useQueryClient } from "@tanstack/react-query"
import { useMemo, useState } from "react"
import { createPortal } from "react-dom"
import { ApiError, type Page, post, useGet } from "../../../api.ts"
import { Button, Field, Icon, numberText, Section, Segment, ShortList, Shown } from "../../../kit/index.ts"
import { type Found, type Place, useDrawing, useFit, useFound, useHand } from "../../../map/tools/index.ts"
import { exactText } from "../../../time.ts"
import { useWords } from "../../../words/index.ts"
import { download, type Excavation, type ExcavationLine } from "./ask.ts"
import { Swatch } from "./cross.tsx"
import { sizeText } from "./long.tsx"
import { Hint, ToolHead } from "./shell.tsx"
import { idOf, placesOf, placesText, useTool } from "./url.ts"

const nothing: Found[] = []
const corners_min = 3

/** 挖前查: a polygon, a depth, who asks and why; then who lies there, how deep, and whom to call, as a signed paper. */
export function DigTool({ main }: { main: HTMLElement }) {
  const { t } = useWords()
  const { search, open, set } = useTool()
  const check = idOf(search.check)
  const ring = useMemo(() => placesOf(search.ring), [search.ring])
  const [drawn, setDrawn] = useState<Place[]>([])
  const [next, setNext] = useState<Place | null>(null)
  const [hover, setHover] = useState<number | null>(null)
  const asked = useGet<Excavation>(
    "excavation",
    check === null ? null : `/api/census/excavation/${check}`,
    {},
    { keep: false },
  )
  const done = check === null ? undefined : asked.data
  const drawing = check === null && ring.length < corners_min
  const end = () => {
    if (drawn.length >= corners_min) {
      set({ ring: placesText(drawn) })
      setDrawn([])
      setNext(null)
    }
  }
  useHand(
    {
      clicked: (place, asset_id) => {
        if (drawing) setDrawn([...drawn, place])
        else setHover(asset_id)
      },
      moved: (place, asset_id) => {
        if (drawing) setNext(drawn.length ? place : null)
        else if (done) setHover(done.found.some((f) => f.asset_id === asset_id) ? asset_id : null)
      },
      ended: end,
      cancelled: () => {
        setDrawn([])
        setNext(null)
        if (drawn.length === 0) open(drawing && check === null ? null : "dig")
      },
      undone: () => setDrawn(drawn.slice(0, -1)),
    },
    drawing ? "crosshair" : "",
  )
  const points = done ? (done.polygon as Place[]) : drawing ? drawn : ring
  useDrawing({ points, closed: true, next: drawing ? next : null })
  const found = useMemo<Found[]>(
    () =>
      done
        ? done.found.map((f) => ({
            geometry: f.geometry,
            class_code: f.class_code,
            role: f.asset_id === hover ? "chosen" : f.danger === "below" ? "dashed" : "strong",
          }))
        : nothing,
    [done, hover],
  )
  useFound(found)
  useFit(points as [number, number][], done ? `check ${check}` : (search.ring ?? ""))
  return (
    <>
      {drawing ? (
        <Hint text={drawn.length < corners_min ? t("tools.dig.draw") : t("tools.dig.go_on")} onClose={() => open(null)}>
          {drawn.length >= corners_min ? <Button onClick={end}>{t("tools.dig.end")}</Button> : null}
        </Hint>
      ) : null}
      {createPortal(
        <aside className="panel toolp-side bl" aria-label={t("tools.dig.title")}>
          <ToolHead title={t("tools.dig.title")} onClose={() => open(null)}>
            {drawing ? null : <Button onClick={() => open("dig")}>{t("tools.dig.again")}</Button>}
          </ToolHead>
          {check !== null ? (
            <Shown query={asked}>{(view) => <Result view={view} hover={hover} onHover={setHover} />}</Shown>
          ) : (
            <div className="scroll">
              <Form ring={ring} onMade={(id) => open("dig", { check: String(id) })} />
              <Earlier onOpen={(id) => open("dig", { check: String(id) })} />
            </div>
          )}
        </aside>,
        main,
      )}
    </>
  )
}

const depths = ["1", "1.5", "3", "6"] as const
function Form({ ring, onMade }: { ring: Place[]; onMade(id: number): void }) {
  const { t, pick } = useWords()
  const client = useQueryClient()
  const [depth, setDepth] = useState("1.5")
  const [protection, setProtection] = useState("5")
  const [purpose, setPurpose] = useState("")
  const [applicant, setApplicant] = useState("")
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | null>(null)
  const ready = ring.length >= corners_min
  const ask = async () => {
    setBusy(true)
    setError(null)
    try {
      const made = await post<Excavation>("/api/census/excavation", {
        polygon: ring,
        depth_m: Number(depth),
        protection_m: Number(protection),
        purpose: purpose.trim(),
        applicant: applicant.trim(),
      })
      client.setQueryData(["excavation", `/api/census/excavation/${made.id}`, {}], made)
      await client.invalidateQueries({ queryKey: ["excavation", "/api/census/excavation"] })
      onMade(made.id)
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught
      setError(caught)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      className="toolform"
      onSubmit={(event) => {
        event.preventDefault()
        void ask()
      }}
    >
      <div className={ready ? "i2" : "i3"}>
        {ready
          ? t("tools.dig.drawn", { count: ring.length, area: numberText(areaOf(ring), 0) })
          : t("tools.dig.first_draw")}
      </div>
      <div className="row g8">
        <Field label={t("tools.dig.depth")}>
          <span className="in">
            <input
              type="number"
              min="0.1"
              max="50"
              step="0.1"
              required
              value={depth}
              onChange={(e) => setDepth(e.target.value)}
            />
          </span>
        </Field>
        <Field label={t("tools.dig.protection")}>
          <span className="in">
            <input
              type="number"
              min="0"
              max="50"
              step="0.5"
              required
              value={protection}
              onChange={(e) => setProtection(e.target.value)}
            />
          </span>
        </Field>
        <Segment
          label={t("tools.dig.depth")}
          value={depth}
          onChange={setDepth}
          options={depths.map((value) => ({ value: value as string, words: value }))}
        />
      </div>
      <Field label={t("tools.dig.purpose")} note={`${purpose.length} / 300`}>
        <span className="in">
          <input
            required
            maxLength={300}
            value={purpose}
            placeholder={t("tools.dig.purpose_hint")}
            onChange={(e) => setPurpose(e.target.value)}
          />
        </span>
      </Field>
      <Field label={t("tools.dig.applicant")} note={`${applicant.length} / 200`}>
        <span className="in">
          <input
            required
            maxLength={200}
            value={applicant}
            placeholder={t("tools.dig.applicant_hint")}
            onChange={(e) => setApplicant(e.target.value)}
          />
        </span>
      </Field>
      {error ? (
        <p className="toolwarn" role="alert">
          <b>!</b> {pick(error.problem.words)}
        </p>
      ) : null}
      <div className="row g8">
        <Button kind="primary" large type="submit" disabled={!ready || busy}>
          {t("tools.dig.ask")}
        </Button>
        <span className="i3 f12">{t("tools.dig.ask_note")}</span>
      </div>
    </form>
  )
}

const degree_m = 111_195
/** Area of a small ring, m². */
export function areaOf(ring: readonly Place[]): number {
  const k = Math.cos(((ring[0]?.[1] ?? 0) * Math.PI) / 180)
  let twice = 0
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++)
    twice += (ring[j]![0] * ring[i]![1] - ring[i]![0] * ring[j]![1]) * k * degree_m ** 2
  return Math.abs(twice) / 2
}

function Earlier({ onOpen }: { onOpen(id: number): void }) {
  const { t } = useWords()
  const list = useGet<Page<ExcavationLine>>("excavation", "/api/census/excavation", { limit: 50 })
  return (
    <Section title={t("tools.dig.earlier")} note={list.data ? String(list.data.total) : ""}>
      <Shown query={list}>
        {(page) => (
          <ShortList
            label={t("tools.dig.earlier")}
            rows={page.items}
            idOf={(line) => line.id}
            onSelect={(line) => onOpen(line.id)}
            empty={<span className="f12 i3">{t("tools.dig.no_earlier")}</span>}
            columns={[
              {
                id: "number",
                title: t("tools.dig.number"),
                width: "112px",
                cell: (l) => <span className="m">{l.number}</span>,
              },
              { id: "purpose", title: t("tools.dig.purpose"), width: "1fr", cell: (l) => l.purpose },
              { id: "depth", title: "m", width: "40px", right: true, cell: (l) => numberText(l.depth_m, 1) },
              {
                id: "at",
                title: t("tools.dig.at"),
                width: "84px",
                right: true,
                cell: (l) => <span title={exactText(l.made_at)}>{exactText(l.made_at).slice(5, 16)}</span>,
              },
            ]}
          />
        )}
      </Shown>
    </Section>
  )
}

type ResultProps = { view: Excavation; hover: number | null; onHover(id: number | null): void }
function Result({ view, hover, onHover }: ResultProps) {
  const { t, pick } = useWords()
  const coverText = (f: Excavation["found"][number]) => {
    const [least, most] = [f.cover_min_m, f.cover_max_m]
    if (least === null || most === null) return t("tools.dig.cover_unknown")
    const depth = least === most ? least.toFixed(2) : `${least.toFixed(2)}–${most.toFixed(2)}`
    return t(f.length_m === null ? "tools.dig.bottom" : "tools.dig.cover", { depth })
  }
  const of = (danger: Excavation["found"][number]["danger"]) => view.found.filter((f) => f.danger === danger).length
  return (
    <>
      <div className="scroll">
        <div className="toolplan">
          <div className="row g8">
            <span className="chip m">{view.number}</span>
            <span className="sp" />
            <span className="i3 f12">{exactText(view.made_at)}</span>
          </div>
          <b className="f16">{t("tools.dig.result", { place: pick(view.place), depth: view.depth_m.toFixed(2) })}</b>
          <div className="i3 f12">
            {view.applicant} · {view.purpose} · {numberText(view.area_m2, 0)} m² ·{" "}
            {t("tools.dig.within", { m: view.protection_m })}
          </div>
        </div>
        <div className="toolnums">
          <div>
            <span className="num">{of("within_depth")}</span> {t("tools.dig.danger.within_depth")}
          </div>
          <div>
            <span className="num">{of("unknown")}</span> {t("tools.dig.danger.unknown")}
          </div>
          <div>
            <span className="num">{of("below")}</span> {t("tools.dig.danger.below")}
          </div>
        </div>
        {view.hidden ? (
          <p className="toolwarn">
            <b>!</b> {t("tools.dig.hidden", { count: view.hidden })}
          </p>
        ) : null}
        <Section title={t("tools.dig.found")} note={t("tools.dig.found_note")}>
          {view.found.length === 0 ? <span className="f12 i2">{t("tools.dig.nothing")}</span> : null}
          {view.found.map((f) => (
            <div
              key={f.asset_id}
              className={`toolfound ${hover === f.asset_id ? "sel" : ""}`}
              onPointerEnter={() => onHover(f.asset_id)}
              onPointerLeave={() => onHover(null)}
            >
              <span className="row g6">
                <Swatch code={f.class_code} />
                <b className="el">
                  {pick(f.kind_name)} {sizeText(f, "")}
                </b>
                <span className="m i3 el">{f.code}</span>
                <span className="sp" />
                <b className="nw1">{f.distance_m === 0 ? t("tools.dig.inside") : `${f.distance_m.toFixed(1)} m`}</b>
              </span>
              <span className="row g6 f12">
                <span className={f.danger === "below" ? "i3" : "b"}>
                  {f.danger === "within_depth" ? "▲ " : f.danger === "unknown" ? "? " : ""}
                  {t(`tools.dig.say.${f.danger}`)}
                </span>
                <span className="sp" />
                <span className="i3 el">
                  {f.owner ? pick(f.owner) : t("tools.dig.no_owner")} · {coverText(f)}
                </span>
              </span>
            </div>
          ))}
        </Section>
        <Section title={t("tools.dig.call")} note={String(view.contacts.length)}>
          {view.contacts.map((c) => (
            <div key={c.owner_id ?? 0} className="row g8 f12" style={{ lineHeight: "26px" }}>
              <b className="el">{c.owner ? pick(c.owner) : t("tools.dig.no_owner")}</b>
              <span className="i3">{t("tools.dig.things", { count: c.assets })}</span>
              <span className="sp" />
              {c.phone ? (
                <a className="lk m" href={`tel:${c.phone}`}>
                  {c.phone}
                </a>
              ) : (
                <span className="i3">{t("tools.dig.no_phone")}</span>
              )}
            </div>
          ))}
        </Section>
      </div>
      <Paper view={view} />
    </>
  )
}

function Paper({ view }: { view: Excavation }) {
  const { t, pick, language } = useWords()
  const [state, setState] = useState<{ busy?: boolean; made?: string; error?: ApiError }>({})
  const make = async () => {
    setState({ busy: true })
    try {
      setState({ made: await download("GET", `/api/census/excavation/${view.id}/pdf?language=${language}`) })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setState({ error })
    }
  }
  return (
    <div className="act">
      <div className="row g8">
        <Button kind="primary" large disabled={state.busy} onClick={() => void make()}>
          <Icon name="file" />
          {state.busy ? t("tools.paper_busy") : t("tools.dig.paper")}
        </Button>
        <span className={`f12 ${state.error ? "c1" : "i3"}`} role="status">
          {state.error
            ? pick(state.error.problem.words)
            : state.made
              ? t("tools.paper_made", { name: state.made })
              : t("tools.dig.paper_note")}
        </span>
      </div>
    </div>
  )
}
