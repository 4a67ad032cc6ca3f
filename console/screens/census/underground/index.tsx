import { useCallback, useMemo, useState } from "react"
import { useCity, useGet } from "../../../api.ts"
import { useStore } from "../../../external.ts"
import { useKeys } from "../../../frame/index.ts"
import { Failed, Notice, ScreenHead } from "../../../kit/index.ts"
import { mapStore, useHidden } from "../../../map/index.ts"
import { themeStore, themes } from "../../../theme/index.ts"
import { exactText } from "../../../time.ts"
import { parseSelection, useAt, useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { AssetInspector } from "../inspector.tsx"
import { type Buried, piecesOf, type UndergroundView } from "./buried.ts"
import { Canvas } from "./canvas.tsx"
import { clearance } from "./geometry.ts"
import { BackToMap, Panel } from "./panel.tsx"
import "./underground.css"
import { clipOf, digOf, first_look, type Look, lookOf, lookText, opacityOf, sideOf } from "./view.ts"

const metres_per_degree = 111_320
const none: readonly number[] = []

/** 地下三维: pipes and wells with their true sizes and depths under the ground, which can be dug and cut open. */
export default function Underground() {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const tokens = themes[useStore(themeStore)]
  const city = useCity().data
  const at = useAt()
  const { hidden, toggle } = useHidden()
  const [buried, setBuried] = useState<Buried | null>(null)
  const [pinned, setPinned] = useState(false)
  const [measuring, setMeasuring] = useState(false)
  const [pair, setPair] = useState<readonly number[]>(none)
  const selection = parseSelection(search.sel)
  const selected = selection?.kind === "asset" ? selection.id : null
  const look = lookOf(search.under) ?? lookHere(city?.center ?? null)
  const side = sideOf(search)
  const bbox = boxAround(look, Number(side))
  const query = useGet<UndergroundView>("asset", "/api/census/underground", { bbox, at }, { stale_ms: 60_000 })
  // The query string stands for the values: they are new objects at each render otherwise.
  const dig = useMemo(() => digOf({ dig: search.dig }), [search.dig])
  const clip = useMemo(() => clipOf({ clip: search.clip }), [search.clip])
  const chosen = useMemo(
    () => (measuring || pair.length === 2 ? pair : selected === null ? none : [selected]),
    [measuring, pair, selected],
  )
  const clear = useMemo(
    () => (buried && pair.length === 2 ? clearance(piecesOf(buried, pair[0]!), piecesOf(buried, pair[1]!)) : null),
    [buried, pair],
  )
  const measure = (on: boolean) => {
    setMeasuring(on)
    setPair(none)
  }
  const pick = useCallback(
    (id: number | null) => {
      if (!measuring) return setUrl({ sel: id === null ? undefined : `asset:${id}` }, { replace: true })
      if (id === null || !buried?.view.lines.id.includes(id)) return
      setPair((before) => (before.length === 1 && before[0] !== id ? [before[0]!, id] : [id]))
    },
    [measuring, buried, setUrl],
  )
  const moved = useCallback((next: Look) => setUrl({ under: lookText(next) }, { replace: true }), [setUrl])
  const leave = () => setUrl({ under: undefined, dig: undefined, clip: undefined, sheet: undefined, side: undefined })
  useKeys({
    m: () => measure(!measuring),
    p: () => setPinned(!pinned),
    Escape: () => (measuring ? measure(false) : selected !== null ? setUrl({ sel: undefined }) : leave()),
  })
  const codeOf = (id: number): string => {
    const lines = buried?.view.lines
    return lines?.code[lines.id.indexOf(id)] ?? `#${id}`
  }
  return (
    <main className={`main under ${selected !== null ? "open" : ""}`}>
      <section className="panel br">
        <ScreenHead title={t("underground.title")}>
          <BackToMap onClick={leave} />
        </ScreenHead>
        <Panel
          view={query.data}
          tokens={tokens}
          hidden={hidden}
          toggle={toggle}
          side={side}
          opacity={opacityOf(search)}
          dig={dig}
          clip={clip}
          pinned={pinned}
          pin={setPinned}
          measuring={measuring}
          measure={measure}
          pair={pair}
          clear={clear}
          codeOf={codeOf}
        />
      </section>
      <section className="map ucanvas" aria-label={t("underground.title")}>
        <Canvas
          view={query.data}
          look={look}
          tokens={tokens}
          hidden={hidden}
          clip={clip}
          dig={dig}
          pinned={pinned}
          opacity={opacityOf(search)}
          chosen={chosen}
          measured={clear}
          onBuried={setBuried}
          onLook={moved}
          onPick={pick}
        />
        {at !== null ? <div className="mapui upast">{t("underground.past", { time: exactText(at) })}</div> : null}
        {query.error && !query.data ? (
          <div className="uover">
            <Failed error={query.error} retry={() => void query.refetch()} />
          </div>
        ) : query.data && query.data.lines.id.length + query.data.wells.id.length === 0 ? (
          <div className="uover">
            <Notice icon="search" title={t("underground.empty")} text={t("underground.empty_text")} />
          </div>
        ) : null}
      </section>
      {selected !== null ? (
        <AssetInspector id={selected} onClose={() => setUrl({ sel: undefined }, { replace: true })} />
      ) : null}
    </main>
  )
}

/** Over the place where the map stands, else over the middle of the city. */
function lookHere(centre: [number, number] | null): Look {
  const map = mapStore.get()?.getCenter()
  const [lon, lat] = map ? [map.lng, map.lat] : (centre ?? [117.23, 31.82])
  return { lon, lat, ...first_look }
}

/** The box round a place in steps of half its side, so that a small move asks for nothing new. */
function boxAround({ lon, lat }: Look, side_m: number): string {
  const step_y = side_m / 2 / metres_per_degree
  const y = Math.round(lat / step_y) * step_y
  const step_x = step_y / Math.max(0.1, Math.cos((y * Math.PI) / 180))
  const x = Math.round(lon / step_x) * step_x
  return [x - step_x, y - step_y, x + step_x, y + step_y].map((value) => value.toFixed(6)).join()
}
