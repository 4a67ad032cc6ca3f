import { useMemo, useState } from "react"
import { createPortal } from "react-dom"
import { useStore } from "../../../external.ts"
import { Failed, Loading, Notice, numberText, Section, Segment } from "../../../kit/index.ts"
import { type Place, useDrawing, useFit, useFound, useHand } from "../../../map/tools/index.ts"
import { classColour, themeStore, themes } from "../../../theme/index.ts"
import { useWords } from "../../../words/index.ts"
import { type Clearance, type Cross, type Crossing, useAsked } from "./ask.ts"
import { CrossDrawing, type CrossWords } from "./cross-drawing.tsx"
import { judged } from "./cross-layout.ts"
import { saveCsv, savePng, saveSvg } from "./export.ts"
import { Hint, Saves, Sized, ToolHead } from "./shell.tsx"
import { placesOf, placesText, useTool } from "./url.ts"

const nothing = [] as const

/** 横断面: a cut is drawn on the map; what it meets is drawn to scale, with the gaps between. */
export function CrossTool({ main }: { main: HTMLElement }) {
  const { t } = useWords()
  const { search, open, set } = useTool()
  const cut = useMemo(() => placesOf(search.cut), [search.cut])
  const [drawn, setDrawn] = useState<Place[]>([])
  const [next, setNext] = useState<Place | null>(null)
  const [hover, setHover] = useState<number | null>(null)
  const asked = useAsked<Cross>("/api/census/section/cross", cut.length >= 2 ? { line: cut } : null)
  const cross = cut.length >= 2 ? asked.data : undefined
  const drawing = cut.length < 2
  const end = (points: Place[]) => {
    if (points.length >= 2) set({ cut: placesText(points) })
    setDrawn([])
    setNext(null)
  }
  useHand(
    {
      clicked: (place, asset_id) => {
        if (drawing) setDrawn([...drawn, place])
        else setHover(cross?.crossings.findIndex((c) => c.asset_id === asset_id) ?? null)
      },
      moved: (place, asset_id) => {
        if (drawing) setNext(drawn.length ? place : null)
        else if (cross) {
          const at = asset_id === null ? -1 : cross.crossings.findIndex((c) => c.asset_id === asset_id)
          setHover(at < 0 ? null : at)
        }
      },
      ended: () => end(drawn),
      cancelled: () => {
        setDrawn([])
        setNext(null)
        if (drawn.length === 0) open(drawing ? null : "cross")
      },
      undone: () => setDrawn(drawn.slice(0, -1)),
    },
    drawing ? "crosshair" : "",
  )
  const points = drawing ? drawn : cut
  useDrawing({
    points,
    closed: false,
    next,
    words: points.map((_, i) => (i === 0 ? "A" : i === points.length - 1 && !drawing ? "A′" : "")),
    hover: hover === null ? null : (cross?.crossings[hover]?.at ?? null),
  })
  useFound(nothing)
  useFit(cut, search.cut ?? "")
  if (drawing)
    return <Hint text={drawn.length < 2 ? t("tools.cross.draw") : t("tools.cross.go_on")} onClose={() => open(null)} />
  const close = () => open(null)
  return createPortal(
    <>
      <section className="panel toolp-draw" aria-label={t("tools.cross.title")}>
        {cross ? (
          <Drawn cross={cross} hover={hover} onHover={setHover} onClose={close} onAgain={() => open("cross")} />
        ) : (
          <>
            <ToolHead title={t("tools.cross.title")} onClose={close} />
            {asked.error ? <Failed error={asked.error} retry={() => void asked.refetch()} /> : <Loading />}
          </>
        )}
      </section>
      <aside className="panel toolp-side bl bt" aria-label={t("tools.cross.gaps")}>
        {cross ? <Gaps cross={cross} hover={hover} onHover={setHover} /> : null}
      </aside>
    </>,
    main,
  )
}

type Shared = { cross: Cross; hover: number | null; onHover(index: number | null): void }

function useCrossWords(cross: Cross): CrossWords & { pair(c: Clearance): string; owner(c: Crossing): string } {
  const { t, pick } = useWords()
  const size = (c: Crossing) =>
    c.width_mm !== null
      ? `${c.width_mm}×${c.height_mm ?? c.width_mm}`
      : c.diameter_mm !== null
        ? `DN${numberText(c.diameter_mm, 0).replace(",", "")}`
        : t("tools.size_unknown")
  const words: CrossWords = {
    name: (c) => pick(c.kind_name),
    size,
    depth: (c) => (c.cover_m === null ? t("tools.depth_unknown") : t("tools.depth", { depth: c.cover_m.toFixed(2) })),
    below: (c) => {
      const j = judged(c)
      return j ? t(`tools.cross.${j.how}`, { is: (j.is_m ?? 0).toFixed(2), least: j.least_m.toFixed(2) }) : ""
    },
    height: t("tools.height_m"),
    deep: t("tools.deep_m"),
    no_ground: t("tools.cross.no_ground"),
    metres: "m",
  }
  const one = (i: number) => {
    const c = cross.crossings[i]!
    return `${c.class_code} ${size(c)}`
  }
  return { ...words, pair: (c) => `${one(c.a)} ↔ ${one(c.b)}`, owner: (c) => (c.owner ? pick(c.owner) : "—") }
}

function Drawn({ cross, hover, onHover, onClose, onAgain }: Shared & { onClose(): void; onAgain(): void }) {
  const { t } = useWords()
  const words = useCrossWords(cross)
  const tokens = themes[useStore(themeStore)]
  const [scale, setScale] = useState<"fit" | "true">("fit")
  const name = t("tools.cross.file")
  const paper = {
    cross,
    tokens: themes.light,
    width: 1200,
    height: 640,
    true_scale: scale === "true",
    words,
    title: t("tools.cross.paper", { length: cross.length_m.toFixed(1), count: cross.crossings.length }),
    hover: null,
  }
  const csv = () =>
    saveCsv(
      [
        [
          t("tools.col.no"),
          t("tools.col.class"),
          t("tools.col.kind"),
          t("tools.col.code"),
          t("tools.col.size"),
          t("tools.col.material"),
          t("tools.col.offset"),
          t("tools.col.ground"),
          t("tools.col.top"),
          t("tools.col.invert"),
          t("tools.col.cover"),
          t("tools.col.sure"),
          t("tools.col.owner"),
        ],
        ...cross.crossings.map((c, i) => [
          i + 1,
          c.class_code,
          words.name(c),
          c.code,
          words.size(c),
          c.material,
          c.offset_m,
          c.ground_m,
          c.top_m,
          c.invert_m,
          c.cover_m,
          t(`tools.sure.${c.sure}`),
          c.owner ? words.owner(c) : null,
        ]),
      ],
      name,
    )
  const unknown = cross.crossings.filter((c) => c.cover_m === null && c.top_m === null).length
  return (
    <>
      <ToolHead
        title={`${t("tools.cross.title")} A–A′`}
        note={t("tools.cross.note", { length: cross.length_m.toFixed(1), count: cross.crossings.length })}
        onClose={onClose}
      >
        <Segment<"fit" | "true">
          label={t("tools.scale")}
          value={scale}
          onChange={setScale}
          options={[
            { value: "fit", words: t("tools.scale_fit") },
            { value: "true", words: "1:1" },
          ]}
        />
        <button type="button" className="btn" onClick={onAgain}>
          {t("tools.again")}
        </button>
        <Saves
          items={[
            { id: "svg", words: "SVG", run: () => saveSvg(CrossDrawing, paper, name) },
            { id: "png", words: "PNG", run: () => savePng(CrossDrawing, paper, name) },
            { id: "csv", words: "CSV", run: csv },
          ]}
        />
      </ToolHead>
      {cross.crossings.length === 0 ? (
        <Notice icon="search" title={t("tools.cross.none")} text={t("tools.cross.none_text")} />
      ) : (
        <>
          <Sized className="tooldraw">
            {(width, height) => (
              <CrossDrawing
                cross={cross}
                tokens={tokens}
                width={width}
                height={height}
                true_scale={scale === "true"}
                words={words}
                hover={hover}
                onHover={onHover}
              />
            )}
          </Sized>
          {unknown ? (
            <p className="toolsay">
              <b>?</b> {t("tools.cross.unknown", { count: unknown })}
            </p>
          ) : null}
          <div className="tooltable">
            <table className="t tight" aria-label={t("tools.cross.pipes")}>
              <thead>
                <tr>
                  <th className="r">#</th>
                  <th>{t("tools.col.class")}</th>
                  <th>{t("tools.col.code")}</th>
                  <th>{t("tools.col.size")}</th>
                  <th>{t("tools.col.material")}</th>
                  <th className="r">{t("tools.col.offset")}</th>
                  <th className="r">{t("tools.col.ground")}</th>
                  <th className="r">{t("tools.col.top")}</th>
                  <th className="r">{t("tools.col.invert")}</th>
                  <th className="r">{t("tools.col.cover")}</th>
                  <th>{t("tools.col.sure")}</th>
                </tr>
              </thead>
              <tbody>
                {cross.crossings.map((c, i) => (
                  <tr
                    key={`${c.asset_id}-${c.offset_m}`}
                    tabIndex={0}
                    className={hover === i ? "sel" : ""}
                    onPointerEnter={() => onHover(i)}
                    onPointerLeave={() => onHover(null)}
                    onFocus={() => onHover(i)}
                    onBlur={() => onHover(null)}
                  >
                    <td className="r i3">{i + 1}</td>
                    <td>
                      <Swatch code={c.class_code} /> {c.class_code} {words.name(c)}
                    </td>
                    <td className="m">{c.code ?? "—"}</td>
                    <td>{words.size(c)}</td>
                    <td>{c.material ?? "—"}</td>
                    <td className="r">{c.offset_m.toFixed(2)}</td>
                    <td className="r">{metres(c.ground_m)}</td>
                    <td className="r">{metres(c.top_m)}</td>
                    <td className="r">{metres(c.invert_m)}</td>
                    <td className="r">{metres(c.cover_m)}</td>
                    <td className={c.sure === "unknown" ? "b" : "i3"}>{t(`tools.sure.${c.sure}`)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </>
  )
}
export const metres = (value: number | null): string => (value === null ? "?" : value.toFixed(2).replace("-", "−"))

export function Swatch({ code }: { code: string }) {
  const tokens = themes[useStore(themeStore)]
  return <i className="toolsw" style={{ background: classColour(tokens, code) }} />
}

const shown_max = 100
/** Gaps, the bad ones first; each says which rule it was held against. */
function Gaps({ cross, hover, onHover }: Shared) {
  const { t } = useWords()
  const words = useCrossWords(cross)
  const order = { below: 0, unknown: 1, ok: 2 }
  const gaps = [...cross.clearances].sort((a, b) => order[a.verdict] - order[b.verdict])
  const count = (verdict: Clearance["verdict"]) => gaps.filter((g) => g.verdict === verdict).length
  return (
    <div className="scroll">
      <div className="ph">
        <h2>{t("tools.cross.gaps")}</h2>
        <span className="sp" />
        <span className="i3 f12">
          {t("tools.cross.counts", { below: count("below"), unknown: count("unknown"), ok: count("ok") })}
        </span>
      </div>
      {gaps.length === 0 ? <Notice icon="check" title={t("tools.cross.no_pairs")} /> : null}
      {gaps.slice(0, shown_max).map((gap) => {
        const j = judged(gap)
        const on = hover === gap.a || hover === gap.b
        return (
          <button
            type="button"
            key={`${gap.a}-${gap.b}`}
            className={`toolgap ${gap.verdict} ${on ? "sel" : ""}`}
            onPointerEnter={() => onHover(gap.a)}
            onPointerLeave={() => onHover(null)}
            onFocus={() => onHover(gap.a)}
            onBlur={() => onHover(null)}
          >
            <span className="row g6">
              <b className="el">{words.pair(gap)}</b>
              <span className="sp" />
              <b className={gap.verdict === "below" ? "c1 nw1" : "nw1"}>
                {j && j.is_m !== null ? `${j.is_m.toFixed(2)} m` : j ? "?" : `${gap.horizontal_m.toFixed(2)} m`}
              </b>
            </span>
            <span className="row g6 f12 i3">
              <span className="el">
                {t(gap.parallel ? "tools.cross.parallel" : "tools.cross.crossing")} ·{" "}
                {t(`tools.verdict.${gap.verdict}`)}
              </span>
              <span className="sp" />
              <span className="nw1">
                {j
                  ? t("tools.cross.least", { how: t(`tools.how.${j.how}`), least: j.least_m.toFixed(2) })
                  : t("tools.cross.no_rule")}
              </span>
            </span>
          </button>
        )
      })}
      {gaps.length > shown_max ? (
        <p className="toolsay">{t("tools.more", { count: gaps.length - shown_max })}</p>
      ) : null}
      <Section title={t("tools.cross.source")}>
        <p className="note" style={{ margin: 0 }}>
          {t("tools.cross.source_text")}
        </p>
      </Section>
    </div>
  )
}
