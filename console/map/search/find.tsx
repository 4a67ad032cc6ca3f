import { useEffect, useId, useRef, useState } from "react"
import { useGet, useLifelines } from "../../api.ts"
import { store, useStore } from "../../external.ts"
import { useKeys } from "../../frame/index.ts"
import { Icon, type IconName, lifelineIcon } from "../../kit/index.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { circle, goTo, mapStore, setData } from "../instance.ts"

/** As GET /api/census/search answers. */
type Found = {
  type: "asset" | "area" | "street" | "place"
  id: number | null
  lifeline: string | null
  kind: string | null
  code: string | null
  name: { zh: string; en: string } | null
  lon_lat: [number, number]
  box: [number, number, number, number]
}

const typing_ms = 180
const results_max = 12
const recent_max = 8
/** Found lately, for as long as the page is open. */
const recentStore = store<readonly Found[]>([])
const keyOf = (found: Found): string => `${found.type} ${found.id ?? ""} ${found.lon_lat.join()}`
const place_ring_m = 8

/** Search of the map by code, name, pinyin initials, street or coordinates; `/` leads here. */
export function Find({ onPick }: { onPick?(): void }) {
  const { t, pick } = useWords()
  const [, setUrl] = useUrl()
  const [text, setText] = useState("")
  const [asked, setAsked] = useState("")
  const [open, setOpen] = useState(false)
  const [row, setRow] = useState(0)
  const input = useRef<HTMLInputElement>(null)
  const list = useId()
  const recent = useStore(recentStore)
  const needle = text.trim()
  useEffect(() => {
    const timer = setTimeout(() => setAsked(needle), typing_ms)
    return () => clearTimeout(timer)
  }, [needle])
  useKeys({
    "/": () => {
      input.current?.focus()
      input.current?.select()
    },
  })
  const query = useGet<Found[]>(
    "census",
    asked === "" ? null : "/api/census/search",
    { q: asked.slice(0, 100), limit: results_max },
    { stale_ms: 10_000, keep: false },
  )
  const rows: readonly Found[] = needle === "" ? recent : asked === needle ? (query.data ?? []) : []
  const chosen = Math.min(row, rows.length - 1)

  const go = (found: Found) => {
    recentStore.set([found, ...recent.filter((r) => keyOf(r) !== keyOf(found))].slice(0, recent_max))
    const [west, south, east, north] = found.box
    const wide = Math.max(east - west, north - south)
    if (found.type !== "asset" && wide > 0.0005)
      mapStore.get()?.fitBounds([west, south, east, north], { padding: 80, maxZoom: 17, duration: 0 })
    else goTo(found.lon_lat, 17)
    setData("ring", found.type === "place" ? [circle(found.lon_lat, place_ring_m)] : [])
    if (found.type === "asset") setUrl({ sel: `asset:${found.id}` })
    setOpen(false)
    setText(labelOf(found, pick))
    input.current?.blur()
    onPick?.()
  }
  const pressed = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown") setRow(Math.min(rows.length - 1, chosen + 1))
    else if (event.key === "ArrowUp") setRow(Math.max(0, chosen - 1))
    else if (event.key === "Enter" && rows[chosen]) go(rows[chosen])
    else if (event.key === "Escape") {
      event.stopPropagation()
      input.current?.blur()
      setText("")
      setOpen(false)
    } else return
    event.preventDefault()
  }
  const failed = query.error && asked === needle
  const empty = needle !== "" && asked === needle && query.data?.length === 0
  return (
    <div className="find-map">
      <span className="mapui find-in">
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          role="combobox"
          aria-expanded={open}
          aria-controls={list}
          aria-activedescendant={open && rows[chosen] ? `${list}-${chosen}` : undefined}
          aria-label={t("finder.label")}
          placeholder={t("finder.placeholder")}
          value={text}
          maxLength={100}
          onChange={(event) => {
            setText(event.target.value)
            setRow(0)
            setOpen(true)
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={pressed}
        />
        {text === "" ? (
          <kbd>/</kbd>
        ) : (
          <button
            type="button"
            className="plain"
            aria-label={t("list.clear")}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => setText("")}
          >
            <Icon name="close" />
          </button>
        )}
      </span>
      {open && (rows.length > 0 || failed || empty) ? (
        // The pointer goes down on a row before the field loses the focus.
        <div
          className="mapui find-list"
          role="listbox"
          id={list}
          tabIndex={-1}
          aria-label={t("finder.results")}
          onMouseDown={(event) => event.preventDefault()}
        >
          {needle === "" && rows.length > 0 ? <div className="find-head">{t("finder.recent")}</div> : null}
          {rows.map((found, i) => (
            <Row key={keyOf(found)} found={found} id={`${list}-${i}`} on={i === chosen} go={() => go(found)} />
          ))}
          {empty ? (
            <div className="find-note">
              <b>{t("finder.none", { text: needle })}</b>
              <span>{t("finder.none_text")}</span>
            </div>
          ) : null}
          {failed ? (
            <div className="find-note">
              <b>{t("finder.failed")}</b>
              <span>{pick(query.error.problem.words)}</span>
            </div>
          ) : null}
        </div>
      ) : null}
    </div>
  )
}

const labelOf = (found: Found, pick: (words: Found["name"]) => string): string =>
  found.type === "asset" ? (found.code ?? pick(found.name)) : pick(found.name) || (found.code ?? "")

const typeIcons: Record<Found["type"], IconName> = { asset: "census", area: "layers", street: "road", place: "locate" }

function Row({ found, id, on, go }: { found: Found; id: string; on: boolean; go(): void }) {
  const { t, pick } = useWords()
  const lifelines = useLifelines().data
  const lifeline = lifelines?.find((l) => l.id === found.lifeline)
  const kind = lifeline?.assets.find((a) => a.kind === found.kind)
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (on) place.current?.scrollIntoView({ block: "nearest" })
  }, [on])
  const label = labelOf(found, pick)
  const more = [
    found.type === "asset" ? pick(kind?.name ?? lifeline?.name) : t(`finder.type_${found.type}`),
    found.type === "asset" ? pick(found.name) : found.type === "area" ? found.code : null,
  ].filter((words) => words && words !== label)
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus and hears the keys
    <div ref={place} role="option" id={id} aria-selected={on} tabIndex={-1} className="find-row" onClick={go}>
      <Icon name={found.lifeline ? lifelineIcon(lifeline?.symbol) : typeIcons[found.type]} />
      <span className={found.type === "asset" ? "m" : ""}>{label}</span>
      <span className="sp" />
      <span className="i3 el">{[...new Set(more)].join(" · ")}</span>
    </div>
  )
}
