import { useEffect, useMemo, useRef, useState } from "react"
import { createPortal } from "react-dom"
import { type AssetView, useGet } from "../../../api.ts"
import { useStore } from "../../../external.ts"
import { Button, Failed, Icon, Loading, numberText, Section } from "../../../kit/index.ts"
import { type Found, useDrawing, useFit, useFound, useHand } from "../../../map/tools/index.ts"
import { themeStore, themes } from "../../../theme/index.ts"
import { exactText } from "../../../time.ts"
import { useWords } from "../../../words/index.ts"
import { useNames } from "../../names.ts"
import { type Long, useAsked } from "./ask.ts"
import { metres } from "./cross.tsx"
import { saveCsv, savePng, saveSvg } from "./export.ts"
import { chainageText, invertsAt, LongDrawing, type LongDrawingProps, type LongWords } from "./long-drawing.tsx"
import { useShapes } from "./shapes.ts"
import { Hint, Saves, Sized, ToolHead } from "./shell.tsx"
import { idOf, useTool } from "./url.ts"

/** 纵断面: along the pipes from one asset to another, or down from it. */
export function LongTool({ main }: { main: HTMLElement }) {
  const { t } = useWords()
  const { search, open, set } = useTool()
  const from = idOf(search.from)
  const to = idOf(search.to)
  const down = search.way === "down"
  const [hover, setHover] = useState<number | null>(null)
  const start = useGet<AssetView>("asset", from === null ? null : `/api/census/assets/${from}`, {}, { keep: false })
  const body = from === null ? null : to !== null ? { from, to } : down ? { downstream_of: from } : null
  const asked = useAsked<Long>("/api/census/section/long", body, false)
  const long = body ? asked.data : undefined
  const names = useNames()
  const shapes = useShapes(body ? from : null, to)
  const class_code = names.lifelines.find((l) => l.id === long?.lifeline)?.class_code ?? "QT"
  const found = useMemo<Found[]>(
    () =>
      long
        ? long.pipes.flatMap((p, i) => {
            const geometry = shapes.get(p.asset_id)
            return geometry
              ? [{ geometry, class_code, role: hover === i ? ("chosen" as const) : ("strong" as const) }]
              : []
          })
        : start.data
          ? [{ geometry: start.data.geometry, class_code: "QT", role: "chosen" as const }]
          : [],
    [long, shapes, class_code, hover, start.data],
  )
  useFound(found)
  useDrawing(null)
  useHand(
    {
      clicked: (_, asset_id) => {
        if (long) return setHover(indexOf(long, asset_id))
        if (asset_id === null) return
        if (from === null) set({ from: String(asset_id) })
        else if (asset_id !== from) set({ to: String(asset_id), way: undefined })
      },
      moved: (_, asset_id) => {
        if (long) setHover(indexOf(long, asset_id))
      },
      ended: () => {
        if (from !== null && !body) set({ way: "down" })
      },
      cancelled: () => open(from === null ? null : "long"),
    },
    long ? "" : "pointer",
  )
  useFit(
    found.flatMap((f) => (long && f.geometry.type === "LineString" ? placesIn(f.geometry) : [])),
    long && shapes.size ? `${search.from} ${search.to} ${search.way}` : "",
  )
  if (!body)
    return (
      <Hint
        text={from === null ? t("tools.long.pick") : t("tools.long.pick_end", { code: nameOf(start.data) })}
        onClose={() => open(null)}
      >
        {from !== null ? <Button onClick={() => set({ way: "down" })}>{t("tools.long.down")}</Button> : null}
      </Hint>
    )
  const close = () => open(null)
  return createPortal(
    <>
      <section className="panel toolp-draw" aria-label={t("tools.long.title")}>
        {long ? (
          <Drawn
            long={long}
            class_code={class_code}
            hover={hover}
            onHover={setHover}
            onClose={close}
            onAgain={() => open("long")}
          />
        ) : (
          <>
            <ToolHead title={t("tools.long.title")} onClose={close}>
              <Button onClick={() => open("long")}>{t("tools.long.again")}</Button>
            </ToolHead>
            {asked.error ? <Failed error={asked.error} retry={() => void asked.refetch()} /> : <Loading />}
          </>
        )}
      </section>
      <aside className="panel toolp-side bl bt" aria-label={t("tools.long.pipes")}>
        {long ? <Pipes long={long} hover={hover} onHover={setHover} /> : null}
      </aside>
    </>,
    main,
  )
}
const indexOf = (long: Long, asset_id: number | null): number | null => {
  const at = asset_id === null ? -1 : long.pipes.findIndex((p) => p.asset_id === asset_id)
  return at < 0 ? null : at
}
const nameOf = (asset: AssetView | undefined): string => asset?.code ?? asset?.name ?? ""
const placesIn = (geometry: { coordinates: unknown }): [number, number][] => geometry.coordinates as [number, number][]

function useLongWords(): LongWords {
  const { t } = useWords()
  return {
    node: (n) => n.code ?? "",
    size: (p) => sizeText(p, t("tools.size_unknown")),
    rows: {
      chainage: t("tools.long.row.chainage"),
      ground: t("tools.long.row.ground"),
      invert: t("tools.long.row.invert"),
      depth: t("tools.long.row.depth"),
      size: t("tools.long.row.size"),
      slope: t("tools.long.row.slope"),
    },
    height: t("tools.height_m"),
    surface: t("tools.long.water"),
    no_heights: t("tools.long.no_heights"),
  }
}
export const sizeText = (
  p: { diameter_mm: number | null; width_mm: number | null; height_mm: number | null },
  unknown: string,
): string =>
  p.width_mm !== null
    ? `${p.width_mm}×${p.height_mm ?? p.width_mm}`
    : p.diameter_mm !== null
      ? `DN${numberText(p.diameter_mm, 0).replace(",", "")}`
      : unknown

type Shared = { long: Long; hover: number | null; onHover(index: number | null): void }
function Drawn({
  long,
  class_code,
  hover,
  onHover,
  onClose,
  onAgain,
}: Shared & { class_code: string; onClose(): void; onAgain(): void }) {
  const { t } = useWords()
  const words = useLongWords()
  const tokens = themes[useStore(themeStore)]
  const [part, setPart] = useState<[number, number]>(() => firstPart(long))
  // Another run starts at its start.
  useEffect(() => setPart(firstPart(long)), [long])
  const name = t("tools.long.file")
  const ends = [long.nodes[0], long.nodes.at(-1)].map((n) => n?.code ?? "—").join(" → ")
  const paper: LongDrawingProps = {
    long,
    class_code,
    tokens: themes.light,
    width: Math.min(4000, Math.max(1200, long.nodes.length * 66)),
    height: 640,
    from_m: 0,
    to_m: long.length_m,
    words,
    title: `${t("tools.long.title")} ${ends} · ${long.length_m.toFixed(1)} m`,
    hover: null,
  }
  const zoom = (share: number, at = 0.5) => setPart((p) => zoomed(p, share, at, long.length_m))
  const move = (share: number) => setPart((p) => moved(p, (p[1] - p[0]) * share, long.length_m))
  return (
    <>
      <ToolHead title={t("tools.long.title")} note={`${ends} · ${long.length_m.toFixed(1)} m`} onClose={onClose}>
        <span className="row g4">
          <Button icon onClick={() => zoom(1.6)} aria-label={t("tools.long.zoom_out")} title={t("tools.long.zoom_out")}>
            <Icon name="minus" />
          </Button>
          <Button icon onClick={() => zoom(0.6)} aria-label={t("tools.long.zoom_in")} title={t("tools.long.zoom_in")}>
            <Icon name="plus" />
          </Button>
          <Button onClick={() => setPart([0, long.length_m])}>{t("tools.long.whole")}</Button>
        </span>
        <Button onClick={onAgain}>{t("tools.long.again")}</Button>
        <Saves
          items={[
            { id: "svg", words: "SVG", run: () => saveSvg(LongDrawing, paper, name) },
            { id: "png", words: "PNG", run: () => savePng(LongDrawing, paper, name) },
            { id: "csv", words: "CSV", run: () => saveCsv(sheetOf(long, words, t("tools.col.code")), name) },
          ]}
        />
      </ToolHead>
      <Stage zoom={zoom} move={move}>
        <Sized className="tooldraw">
          {(width, height) => (
            <LongDrawing
              {...paper}
              tokens={tokens}
              width={width}
              height={height}
              from_m={part[0]}
              to_m={part[1]}
              title=""
              hover={hover}
              onHover={onHover}
            />
          )}
        </Sized>
      </Stage>
      <p className="toolsay">{t("tools.long.keys")}</p>
    </>
  )
}

/** A long run starts with as much of it as can be read; the rest is a drag or a button away. */
const firstPart = (long: Long): [number, number] => [0, long.nodes[nodes_read]?.chainage_m ?? long.length_m]
const nodes_read = 12
const zoomed = ([a, b]: [number, number], share: number, at: number, length: number): [number, number] => {
  const wide = Math.min(length, Math.max(Math.min(5, length), (b - a) * share))
  return moved([a, a + wide], (b - a - wide) * at, length)
}
const moved = ([a, b]: [number, number], by: number, length: number): [number, number] => {
  const from = Math.min(Math.max(0, a + by), length - (b - a))
  return [from, from + (b - a)]
}

/** Wheel, drag and keys move the section along its run. */
function Stage({
  zoom,
  move,
  children,
}: {
  zoom(share: number, at?: number): void
  move(share: number): void
  children: React.ReactNode
}) {
  const { t } = useWords()
  const box = useRef<HTMLDivElement>(null)
  const run = useRef({ zoom, move })
  run.current = { zoom, move }
  const last = useRef<number | null>(null)
  useEffect(() => {
    const element = box.current!
    const wheel = (event: WheelEvent) => {
      event.preventDefault()
      const { left, width } = element.getBoundingClientRect()
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) run.current.move(event.deltaX / width)
      else run.current.zoom(event.deltaY > 0 ? 1.25 : 0.8, (event.clientX - left) / width)
    }
    element.addEventListener("wheel", wheel, { passive: false })
    return () => element.removeEventListener("wheel", wheel)
  }, [])
  const keys: Record<string, () => void> = {
    ArrowLeft: () => move(-0.2),
    ArrowRight: () => move(0.2),
    "+": () => zoom(0.7),
    "=": () => zoom(0.7),
    "-": () => zoom(1.4),
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing that is moved by keys; a fieldset is something else
    <div
      ref={box}
      className="toolstage"
      role="group"
      aria-label={t("tools.long.keys")}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys that move the drawing need the focus
      tabIndex={0}
      onKeyDown={(event) => {
        const press = keys[event.key]
        if (!press) return
        event.preventDefault()
        press()
      }}
      onPointerDown={(event) => {
        last.current = event.clientX
      }}
      onPointerMove={(event) => {
        if (last.current === null || !event.buttons) return
        const { width } = event.currentTarget.getBoundingClientRect()
        move((last.current - event.clientX) / width)
        last.current = event.clientX
      }}
      onPointerUp={() => {
        last.current = null
      }}
    >
      {children}
    </div>
  )
}

function sheetOf(long: Long, words: LongWords, code: string): (string | number | null)[][] {
  const head = [
    code,
    words.rows.chainage,
    words.rows.ground,
    words.rows.invert,
    words.rows.depth,
    words.rows.size,
    words.rows.slope,
  ]
  return [
    head,
    ...long.nodes.map((n, i) => {
      const inverts = invertsAt(long, i)
      const invert = inverts.out ?? inverts.in
      const pipe = long.pipes.find((p) => p.from_chainage_m === n.chainage_m)
      return [
        n.code,
        chainageText(n.chainage_m),
        n.ground_m,
        invert,
        n.ground_m !== null && invert !== null ? Number((n.ground_m - invert).toFixed(3)) : null,
        pipe ? words.size(pipe) : null,
        pipe?.slope_permille ?? null,
      ]
    }),
  ]
}

function Pipes({ long, hover, onHover }: Shared) {
  const { t } = useWords()
  const back = long.pipes.filter((p) => (p.slope_permille ?? 0) < 0).length
  const unknown = long.pipes.filter((p) => p.slope_permille === null).length
  const wet = long.nodes.filter((n) => n.water_m !== null)
  return (
    <div className="scroll">
      <div className="ph">
        <h2>{t("tools.long.pipes")}</h2>
        <span className="sp" />
        <span className="i3 f12">{t("tools.long.counts", { count: long.pipes.length, back, unknown })}</span>
      </div>
      <table className="t tight">
        <thead>
          <tr>
            <th>{t("tools.col.code")}</th>
            <th>{t("tools.col.size")}</th>
            <th className="r">m</th>
            <th className="r">{t("tools.long.row.slope")}</th>
            <th className="r">{t("tools.col.cover")}</th>
          </tr>
        </thead>
        <tbody>
          {long.pipes.map((p, i) => (
            <tr
              key={p.asset_id}
              tabIndex={0}
              className={hover === i ? "sel" : ""}
              onPointerEnter={() => onHover(i)}
              onPointerLeave={() => onHover(null)}
              onFocus={() => onHover(i)}
              onBlur={() => onHover(null)}
            >
              <td className="m">{p.code ?? "—"}</td>
              <td>{sizeText(p, "?")}</td>
              <td className="r">{p.length_m.toFixed(1)}</td>
              <td className={`r ${(p.slope_permille ?? 0) < 0 ? "c1 b" : ""}`}>
                {p.slope_permille === null ? "?" : `${p.slope_permille.toFixed(1).replace("-", "−")}`}
              </td>
              <td className="r">{metres(p.from_cover_m)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Section title={t("tools.long.water")} note={String(wet.length)}>
        {wet.length === 0 ? <span className="f12 i3">{t("tools.long.no_water")}</span> : null}
        {wet.map((n) => (
          <div key={n.chainage_m} className="row g8 f12">
            <span className="m">{n.code}</span>
            <b>{metres(n.water_m)} m</b>
            <span className="sp" />
            <span className="i3">{n.water_time === null ? "" : exactText(n.water_time)}</span>
          </div>
        ))}
      </Section>
    </div>
  )
}
