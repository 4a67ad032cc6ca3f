import { Link } from "@tanstack/react-router"
import { type ReactNode, useEffect, useMemo } from "react"
import { type Page, type PointRow, useGet } from "../../api.ts"
import { useStore } from "../../external.ts"
import {
  Inspector,
  InspectorHead,
  KeyValues,
  LevelShape,
  numberText,
  Section,
  Shown,
  unitText,
} from "../../kit/index.ts"
import {
  clearWork,
  MapSlot,
  pickedPointStore,
  pointsHeardStore,
  pointsLiveStore,
  usePointStatus,
} from "../../map/index.ts"
import { clockText, exactText } from "../../time.ts"
import { useAt } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { useNames } from "../names.ts"

/** All points of the city on the map with their state as it changes; far out as clusters that say what is inside. */
export function PointMap({ switcher }: { switcher: ReactNode }) {
  const { t, pick } = useWords()
  const names = useNames()
  const at = useAt()
  const picked = useStore(pickedPointStore)
  const connected = useStore(pointsLiveStore)
  const heard = useStore(pointsHeardStore)
  useEffect(() => {
    clearWork()
    pickedPointStore.set(null)
  }, [])
  const words = useMemo(
    () => ({
      cluster: (c: { count: number; worst: number; silent: number; lifelines: { id: string; count: number }[] }) => [
        t("pointmap.cluster", { count: numberText(c.count, 0) }),
        c.worst > 0 ? t("pointmap.worst", { level: t(`level.${c.worst}`) }) : t("pointmap.calm"),
        ...(c.silent > 0 ? [t("pointmap.silent_count", { count: numberText(c.silent, 0) })] : []),
        ...c.lifelines.slice(0, 8).map((l) => `${names.lifeline(l.id)} ${numberText(l.count, 0)}`),
      ],
      point: (
        p: Record<string, unknown>,
        s: { severity: number; state: string; value: number | null; time: number } | undefined,
      ) => {
        const lifeline = String(p.lifeline ?? "")
        const indicator = names.indicators(lifeline).find((i) => i.id === p.indicator)
        return [
          `${String(p.code ?? p.id)} · ${indicator ? pick(indicator.name) : String(p.indicator ?? "")}`,
          s?.value === null || s?.value === undefined
            ? names.lifeline(lifeline)
            : `${numberText(s.value, indicator?.decimals)} ${unitText(indicator?.unit ?? "")} · ${clockText(s.time)}`,
          ...(s && s.severity > 0 ? [t(`level.${s.severity}`)] : []),
          ...(s && s.state !== "online" ? [t(`device_state.${s.state}`)] : []),
        ]
      },
    }),
    [t, pick, names],
  )
  usePointStatus(at === null, words)
  return (
    <main className={`main one ${picked ? "open" : ""}`}>
      <section className="panel pointmap">
        <div className="ph wrap">
          <h2>{t("pointmap.title")}</h2>
          <span className="i3 f12 el">
            {at !== null
              ? t("pointmap.past")
              : connected
                ? t("pointmap.live", { count: numberText(heard, 0) })
                : t("pointmap.waiting")}
          </span>
          <span className="sp" />
          {switcher}
        </div>
        <MapSlot pointers={false}>
          <div className="mapui lg" style={{ left: 12, top: 12 }}>
            {([1, 2, 3, 4] as const).map((level) => (
              <span key={level} className="row g4 nw1">
                <LevelShape level={level} size="s" />
                {t(`level.${level}`)}
              </span>
            ))}
            <i />
            <span className="row g4 nw1">
              <i className="dot-state online" />
              {t("device_state.online")}
            </span>
            <span className="row g4 nw1">
              <i className="dot-state silent" />
              {t("device_state.silent")}
            </span>
          </div>
        </MapSlot>
      </section>
      {picked ? <PickedPoint id={picked.id} code={picked.code} onClose={() => pickedPointStore.set(null)} /> : null}
    </main>
  )
}

function PickedPoint({ id, code, onClose }: { id: number; code: string; onClose(): void }) {
  const { t, pick } = useWords()
  const query = useGet<Page<PointRow>>(
    "point",
    "/api/monitoring/points",
    { points: id, q: code, limit: 50 },
    { keep: false },
  )
  return (
    <Inspector label={t("monitoring.points")}>
      <Shown query={query}>
        {(data) => {
          const row = data.items.find((r) => r.id === id)
          if (!row) return <InspectorHead title={code || `#${id}`} onClose={onClose} />
          return (
            <>
              <InspectorHead
                title={row.device_name || row.device_code}
                code={row.asset_code}
                place={pick(row.place)}
                onClose={onClose}
              />
              <Section>
                <KeyValues
                  rows={[
                    {
                      key: pick(row.indicator_name),
                      value: <b>{`${numberText(row.latest?.value, row.decimals)} ${unitText(row.unit)}`}</b>,
                    },
                    { key: t("monitoring.last"), value: row.latest ? exactText(row.latest.time) : "—" },
                    { key: t("list.code"), value: <span className="m">{row.device_code}</span> },
                  ]}
                />
                <div style={{ marginTop: 8 }}>
                  <Link to={"/monitoring/charts" as never} search={{ points: String(id) } as never} className="btn">
                    {t("pointmap.open_chart")}
                  </Link>
                </div>
              </Section>
            </>
          )
        }}
      </Shown>
    </Inspector>
  )
}
