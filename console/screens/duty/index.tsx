import { useEffect, useMemo, useState } from "react"
import { type AlarmRow, type AlarmView, useAlarm, useAlarms, useCity, useLifelines, useMe } from "../../api.ts"
import { useStore } from "../../external.ts"
import { useAlarmSound, useKeys } from "../../frame/index.ts"
import { Failed, Loading, levelState, numberText, trendText, unitText } from "../../kit/index.ts"
import {
  hiddenStore,
  Legend,
  MapSlot,
  pickStore,
  type Scene,
  type ShownAlarm,
  useAlarmsOnMap,
  useScene,
} from "../../map/index.ts"
import { parseSelection, useAt, useUrl, useViewTime } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { WarningPanel } from "../warning/panel.tsx"
import { decimalsOf } from "./evidence.tsx"
import { group, matches, type Order, placeAndCode } from "./grouping.ts"
import { Hint } from "./hint.tsx"
import { AlarmInspector } from "./inspector.tsx"
import { AlarmList } from "./list.tsx"

const empty: AlarmRow[] = []
const orders = ["urgent", "time", "area"]

/** 值守台: the urgent list, the map, the evidence of one alarm. */
export default function Duty() {
  const { t, pick } = useWords()
  const [search, setUrl] = useUrl()
  const at = useAt()
  const now = useViewTime()
  const me = useMe().data
  const city = useCity().data
  const lifelines = useLifelines().data
  const alarms = useAlarms({ state: "open", limit: 300, at })
  const items = alarms.data?.items ?? empty
  const order: Order = orders.includes(search.order ?? "") ? (search.order as Order) : "urgent"
  const filter = search.q ?? ""
  const shown = useMemo(() => (filter ? items.filter((a) => matches(a, filter)) : items), [items, filter])
  const groups = useMemo(() => group(shown, me?.permissions ?? [], order), [shown, me, order])
  const selection = parseSelection(search.sel)
  const alarm_id = selection?.kind === "alarm" ? selection.id : null
  const alarm = useAlarm(alarm_id, at)
  const [drafting, setDrafting] = useState(false)
  useAlarmSound(alarms.data?.items, at === null)

  const select = (id: number | null) => {
    setDrafting(false)
    setUrl({ sel: id === null ? undefined : `alarm:${id}` })
  }
  const picked = useStore(pickStore)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new click selects
  useEffect(() => {
    if (picked?.kind === "alarm" && Date.now() - picked.at < 1000) select(picked.id)
  }, [picked])
  const listed = [...groups.mine, ...groups.others]
  const move = (by: number) => {
    const next = listed[Math.max(0, Math.min(listed.length - 1, listed.findIndex((a) => a.id === alarm_id) + by))]
    if (next) select(next.id)
  }
  useKeys({ ArrowDown: () => move(1), ArrowUp: () => move(-1), j: () => move(1), k: () => move(-1) })

  const markers = useMemo(
    () =>
      shown
        .filter((a) => a.lon_lat !== null && a.stage !== "done")
        .map(
          (a): ShownAlarm => ({
            id: a.id,
            level: a.severity,
            state: levelState(a),
            lon_lat: a.lon_lat!,
            title: pick(a.title),
            value: a.value
              ? `${numberText(a.value.amount)} ${unitText(a.value.unit)} ${trendText(a.trend)}`.trim()
              : "",
          }),
        ),
    [shown, pick],
  )
  useAlarmsOnMap(markers, alarm_id)
  const view = alarm.data
  const scene = useMemo(() => (view ? sceneOf(view, pick) : null), [view, pick])
  useScene(scene)
  const focused = scene?.lifelines ?? []
  const hidden = useStore(hiddenStore)

  return (
    <main className="main three" style={{ gridTemplateColumns: alarm_id === null ? "304px 1fr" : "304px 1fr 424px" }}>
      {alarms.data ? (
        <AlarmList
          groups={groups}
          now={now}
          selected={alarm_id}
          order={order}
          filter={filter}
          live={at === null}
          onSelect={(a) => select(a.id)}
        />
      ) : (
        <aside className="panel br">
          {alarms.error ? <Failed error={alarms.error} retry={() => void alarms.refetch()} /> : <Loading />}
        </aside>
      )}
      <MapSlot>
        <Legend focused={focused} />
        {scene && hidden.size === 0 ? (
          <div className="mapui f11 i2" style={{ left: 12, bottom: 48, padding: "3px 8px" }}>
            {t("map.lifted", {
              names: focused.map((id) => pick(lifelines?.find((l) => l.id === id)?.name) || id).join(" "),
            })}
          </div>
        ) : null}
        {city?.clock_mode === "demo" ? (
          <Hint
            selected={alarm_id !== null}
            any={alarm_id === null ? groups.mine.length > 0 : view?.verdict === "open"}
          />
        ) : null}
      </MapSlot>
      {alarm_id === null ? null : view ? (
        drafting ? (
          <WarningPanel alarm={view} now={now} onBack={() => setDrafting(false)} />
        ) : (
          <AlarmInspector alarm={view} now={now} onDraft={() => setDrafting(true)} onClose={() => select(null)} />
        )
      ) : (
        <aside className="panel bl insp">
          {alarm.error ? <Failed error={alarm.error} retry={() => void alarm.refetch()} /> : <Loading />}
        </aside>
      )}
    </main>
  )
}

/** What the map shows around the selected alarm. */
function sceneOf(alarm: AlarmView, pick: (words: { zh: string; en: string }) => string): Scene | null {
  if (!alarm.lon_lat) return null
  const near = alarm.neighbours.filter((n) => n.lon_lat !== null)
  return {
    place: alarm.lon_lat,
    value: alarm.value
      ? `${numberText(alarm.value.amount)} ${unitText(alarm.value.unit)} ${trendText(alarm.trend)}`.trim()
      : pick(alarm.title),
    detail: placeAndCode(pick(alarm.place), alarm.code),
    lifelines: [alarm.lifeline],
    radius_m: 50,
    neighbours: near.map((n) => ({
      id: n.point,
      lon_lat: n.lon_lat!,
      text: `${numberText(n.value, decimalsOf(alarm))} ${trendText(n.trend)}`.trim(),
    })),
    suspects: alarm.suspects.slice(0, 4).map((s, i) => ({ asset_id: s.asset_id, rank: i + 1, lon_lat: s.lon_lat })),
  }
}
