import { useMemo } from "react"
import type { Because } from "../../../model/index.ts"
import { type AlarmView, type Page, type PointRow, useCurves, useGet } from "../../api.ts"
import {
  Curve,
  type CurveSeries,
  Failed,
  Loading,
  Notice,
  numberText,
  shortNames,
  withoutCoarseGaps,
} from "../../kit/index.ts"
import { minuteText } from "../../time.ts"
import { useAt } from "../../url.ts"
import { useWords } from "../../words/index.ts"

const grain_ms = 60_000
const window_ms_min = 30 * 60_000
const neighbours_max = 4

/** What the chart of an alarm shows: the subject's points first, then the nearest neighbours, in a window around the cause. */
export function evidenceOf(alarm: AlarmView, now: number) {
  const because = alarm.finding.because as Because
  const subject = because.readings[0]
  const other = [
    ...new Set([...because.readings.slice(1).map((r) => r.point), ...alarm.neighbours.map((n) => n.point)]),
  ]
    .filter((p) => p !== subject?.point)
    .slice(0, neighbours_max)
  const start = Math.min(...because.readings.map((r) => r.from), alarm.finding.since, alarm.raised_at)
  const end =
    alarm.cleared_at !== null && alarm.cleared_at + 3_600_000 < now
      ? alarm.cleared_at + 1_800_000
      : Math.max(now, alarm.raised_at + 60_000)
  const span = Math.max(window_ms_min, end - start)
  const lead = Math.min(3_600_000, span * 0.25)
  return {
    because,
    subject: subject?.point ?? null,
    points: subject ? [subject.point, ...other] : other,
    from: Math.floor((end - span - lead) / grain_ms) * grain_ms,
    to: Math.ceil((end + span * 0.1) / grain_ms) * grain_ms,
  }
}

/** The evidence chart: the curve that raised the alarm with its neighbours, limits, the moment it was found. */
export function Evidence({ alarm, now }: { alarm: AlarmView; now: number }) {
  const { t, language } = useWords()
  const at = useAt()
  const window = evidenceOf(alarm, now)
  const curves = useCurves(window.points, window.from, at ?? window.to, 400)
  const decimals = decimalsOf(alarm)
  // Points of the reasoning that are no neighbours are asked for by name.
  const unnamed = window.points.some((p) => p !== window.subject && !alarm.neighbours.some((n) => n.point === p))
  const all = useGet<Page<PointRow>>(
    "point",
    unnamed ? "/api/monitoring/points" : null,
    { limit: 500 },
    { stale_ms: 600_000 },
  )
  const series = useMemo(() => {
    const names = new Map(
      window.points.flatMap((id) => {
        const code =
          alarm.neighbours.find((n) => n.point === id)?.device_code ??
          all.data?.items.find((row) => row.id === id)?.device_code
        return code ? [[id, code] as const] : []
      }),
    )
    if (window.subject !== null) names.set(window.subject, alarm.device?.code ?? t("duty.subject"))
    const short = shortNames([...names.values()])
    return (curves.data ?? []).map(
      (curve): CurveSeries => ({
        key: curve.point,
        unit: curve.unit,
        decimals,
        name: short(names.get(curve.point) ?? `#${curve.point}`),
        ...withoutCoarseGaps(curve.time, curve.value),
        role: curve.point === window.subject ? "subject" : "neighbour",
      }),
    )
  }, [curves.data, all.data, window.points, alarm.neighbours, alarm.device, window.subject, decimals, t])
  const limits = (window.because.limits ?? []).map((l) => ({
    value: l.value,
    severity: l.severity,
    text: `${t(`level_short.${l.severity}`)} ${numberText(l.value)}`,
  }))
  const note = t("duty.why_note", {
    count: Math.max(0, window.points.length - 1),
    from: minuteText(window.from),
    to: minuteText(window.to),
  })
  return (
    <section className="sec" style={{ paddingBottom: 4 }} key={language}>
      <h3>
        {t("duty.why")}
        <span className="x">{note}</span>
      </h3>
      {curves.error && !curves.data ? (
        <Failed error={curves.error} retry={() => void curves.refetch()} />
      ) : curves.isPending && window.points.length ? (
        <div style={{ height: 172 }}>
          <Loading />
        </div>
      ) : series.length === 0 ? (
        <Notice icon="monitoring" title={t("duty.no_curve")} text={t("duty.no_curve_text")} />
      ) : (
        <Curve
          series={series}
          from={window.from}
          to={window.to}
          height={172}
          limits={limits}
          known_until={Math.min(now, window.to)}
          events={[
            {
              time: alarm.raised_at,
              severity: alarm.severity,
              seen: false,
              text: `${minuteText(alarm.raised_at)} ${t("duty.found")}`,
            },
          ]}
        />
      )}
    </section>
  )
}

export const decimalsOf = (alarm: AlarmView): number | undefined => {
  const amount = alarm.value?.amount
  return amount === undefined || Math.abs(amount) < 1 ? undefined : Math.abs(amount) >= 100 ? 0 : 1
}
