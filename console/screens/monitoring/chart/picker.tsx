import { type UIEvent, useMemo } from "react"
import type { PointRow } from "../../../api.ts"
import { letterOf, points_max } from "../../../charts/index.ts"
import { useStore } from "../../../external.ts"
import {
  Failed,
  Loading,
  Notice,
  numberText,
  ScreenHead,
  SearchField,
  SelectField,
  unitText,
  type usePages,
} from "../../../kit/index.ts"
import { readingStore } from "../../../live.ts"
import { exactText } from "../../../time.ts"
import { useAt, useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { lifelineOptions, useNames } from "../../names.ts"

/** Points to search and take into the chart; the chosen ones carry their letter. */
export function Picker({
  list,
  chosen,
  onToggle,
  onClose,
}: {
  list: ReturnType<typeof usePages<PointRow>>
  chosen: readonly number[]
  onToggle(id: number): void
  onClose?: (() => void) | undefined
}) {
  const { t, pick } = useWords()
  const names = useNames()
  const [search] = useUrl()
  const at = useAt()
  const live = useStore(readingStore)
  const rows = useMemo(() => list.data?.pages.flatMap((p) => p.items) ?? [], [list.data])
  const indicators = names.lifelines
    .filter((l) => !search.lifeline || l.id === search.lifeline)
    .flatMap((l) => names.indicators(l.id).map((i) => ({ value: i.id, words: pick(i.name) })))
  const groups = useMemo(() => {
    const out = new Map<string, PointRow[]>()
    for (const row of rows) {
      const key = `${row.lifeline}/${row.indicator}`
      out.set(key, [...(out.get(key) ?? []), row])
    }
    return [...out]
  }, [rows])
  const more = (event: UIEvent<HTMLDivElement>) => {
    const box = event.currentTarget
    if (list.hasNextPage && !list.isFetchingNextPage && box.scrollTop + box.clientHeight > box.scrollHeight - 400)
      void list.fetchNextPage()
  }
  return (
    <aside className="panel br picker">
      <ScreenHead
        title={t("monitoring.points")}
        note={t("monitoring.chosen", { count: chosen.length, all: list.data?.pages[0]?.total ?? 0 })}
      >
        {onClose ? (
          <button type="button" className="btn" onClick={onClose}>
            {t("chart.done")}
          </button>
        ) : null}
      </ScreenHead>
      <div className="filters">
        <SearchField placeholder={t("monitoring.search")} />
        <SelectField
          param="lifeline"
          label={t("list.lifeline")}
          options={lifelineOptions(names)}
          also={["indicator"]}
        />
        <SelectField param="indicator" label={t("monitoring.indicator")} options={indicators} />
      </div>
      <div className="scroll" onScroll={more}>
        {list.data === undefined ? (
          list.error ? (
            <Failed error={list.error} retry={() => void list.refetch()} />
          ) : (
            <Loading />
          )
        ) : rows.length === 0 ? (
          <Notice icon="search" title={t("state.empty")} text={t("state.empty_text")} />
        ) : null}
        {groups.map(([key, members]) => (
          <div key={key}>
            <div className="lh">
              <b className="i2 el">
                {names.lifeline(members[0]!.lifeline)} · {pick(members[0]!.indicator_name)}
              </b>
              {members.length}
            </div>
            {members.map((p) => {
              const reading = at === null ? (live.get(p.id) ?? p.latest) : p.latest
              const place = chosen.indexOf(p.id)
              return (
                <label key={p.id} className={`pt-row ${place >= 0 ? "sel" : ""}`}>
                  <span className="tick">
                    <input
                      type="checkbox"
                      checked={place >= 0}
                      disabled={place < 0 && chosen.length >= points_max}
                      onChange={() => onToggle(p.id)}
                    />
                    {place >= 0 ? <i>{letterOf(place)}</i> : null}
                  </span>
                  <span style={{ minWidth: 0 }}>
                    <span className="el t">{p.device_name || p.device_code}</span>
                    <span className="el s m">{p.asset_code ?? p.device_code}</span>
                  </span>
                  <span className="r">
                    <b className={reading?.stale ? "stale" : ""} title={reading ? exactText(reading.time) : undefined}>
                      {numberText(reading?.value, p.decimals)}
                    </b>
                    <span className="s">{reading?.stale ? t("monitoring.stale") : unitText(p.unit)}</span>
                  </span>
                </label>
              )
            })}
          </div>
        ))}
      </div>
    </aside>
  )
}
