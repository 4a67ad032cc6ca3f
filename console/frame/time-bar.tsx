import { useRouterState } from "@tanstack/react-router"
import { useEffect, useLayoutEffect, useRef, useState } from "react"
import { can, post, useCity, useMe, useNowLine, useTimeline } from "../api.ts"
import { useStore } from "../external.ts"
import { timeStep, timeTicks } from "../kit/curve-data.ts"
import { Button, cursorStore, Icon, type Level, levelShapes, Segment, shareText } from "../kit/index.ts"
import { narrowStore } from "../narrow.ts"
import {
  cityNow,
  clockStore,
  clockText,
  dateText,
  exactText,
  hearClock,
  minuteOfDay,
  minuteText,
  useCityNow,
} from "../time.ts"
import { useAt, useUrl } from "../url.ts"
import { pickWords, useWords } from "../words/index.ts"
import { useKeys } from "./keys.ts"
import { say } from "./toast.tsx"

const ranges = { "1h": 3_600_000, "7h": 25_200_000, "24h": 86_400_000, "7d": 604_800_000 } as const
type Range = keyof typeof ranges
const steps: Record<Range, number> = { "1h": 300_000, "7h": 900_000, "24h": 3_600_000, "7d": 21_600_000 }
const speeds = [1, 10, 60, 300]
/** Playback moves on this often. */
const tick_ms = 500
const following = ["/duty", "/monitoring", "/census"]
/** These follow time too, but are seldom looked at in the past. */
const folded_first = ["/census"]

/** Live, pause, past and playback: the time chosen here is in the URL and every view shows it. */
export function TimeBar() {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const at = useAt()
  const now = useCityNow()
  const clock = useStore(clockStore)
  const me = useMe().data
  const city = useCity().data
  const state = useNowLine().data
  const range: Range = (search.range as Range) in ranges ? (search.range as Range) : "7h"
  const [playing, setPlaying] = useState(false)
  const [speed, setSpeed] = useState(60)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const narrow = useStore(narrowStore)
  const follows = following.some((start) => path.startsWith(start))
  // Screens that do not follow time fold the bar; T opens it there too.
  const [fold, setFold] = useState<{ path: string; folded: boolean } | null>(null)
  const folded =
    fold?.path === path ? fold.folded : narrow || !follows || folded_first.some((start) => path.startsWith(start))
  const setFolded = (next: boolean) => setFold({ path, folded: next })
  const drives = city?.clock_mode !== "real" && can(me, "clock.drive")

  const go = (time: number | null) =>
    setUrl({ t: time === null || time >= cityNow() ? undefined : String(Math.round(time)) }, { replace: true })
  const drive = (body: unknown) => {
    post<Parameters<typeof hearClock>[0]>("/api/clock", body).then(
      (said) => hearClock({ ...clockStore.get(), ...said }),
      (error) => say(error.problem ? pickWords(error.problem.words) : String(error)),
    )
  }
  const pause = () => {
    if (at !== null) return setPlaying(!playing)
    if (drives) return drive({ action: clock.paused ? "resume" : "pause" })
    go(now - 1000)
  }
  const step = (way: 1 | -1) => {
    if (at === null && way === 1) return drives ? drive({ action: "step", step_ms: steps[range] }) : undefined
    go((at ?? now) + way * steps[range])
  }
  // The timer lives through the renders of the running clock; it reads the newest time through the ref.
  const current = useRef({ at, go, speed })
  current.current = { at, go, speed }
  const replaying = playing && at !== null
  useEffect(() => {
    if (!replaying) return
    const timer = setInterval(() => {
      const { at: from, go: to, speed: times } = current.current
      if (from === null) return
      const next = from + tick_ms * times
      if (next >= cityNow()) setPlaying(false)
      to(next)
    }, tick_ms)
    return () => clearInterval(timer)
  }, [replaying])
  useKeys({ l: () => go(null), " ": pause, t: () => setFolded(!folded) })

  const stopped = at !== null ? !playing : clock.paused
  const faster = () => {
    if (at !== null) return setSpeed(speeds[(speeds.indexOf(speed) + 1) % speeds.length]!)
    if (drives) drive({ action: "speed", speed: speeds[(speeds.indexOf(clock.speed) + 1) % speeds.length]! })
  }
  const live = (
    <button
      type="button"
      className="live"
      style={
        at === null
          ? { border: 0 }
          : { background: "transparent", color: "var(--ink)", border: "1px solid var(--line-2)" }
      }
      onClick={() => {
        setPlaying(false)
        go(null)
      }}
      title={t("time.go_live")}
    >
      <i style={at === null ? undefined : { background: "var(--line-3)" }} />
      {at === null ? (clock.paused ? t("time.paused") : t("time.live")) : t("time.back_to_live")}
    </button>
  )
  if (folded)
    return (
      <footer className="time min">
        <div className="ctl">
          {live}
          <span className="i3 f12" style={{ marginLeft: 8 }}>
            {clockText(at ?? now)}
          </span>
        </div>
        <span />
        <button type="button" className="plain i3 f12" style={{ padding: "0 12px" }} onClick={() => setFolded(false)}>
          {t(follows ? "time.folded" : "time.not_followed")} <kbd>T</kbd>
        </button>
      </footer>
    )
  return (
    <footer className="time">
      <div className="ctl" style={{ minWidth: 330 }}>
        {live}
        <Button
          icon
          style={{ marginLeft: 4 }}
          onClick={pause}
          aria-label={t(stopped ? "time.play" : "time.pause")}
          title={t(stopped ? "time.play" : "time.pause")}
        >
          <Icon name={stopped ? "play" : "pause"} />
        </Button>
        <Button icon kind="ghost" onClick={() => step(-1)} aria-label={t("time.back")} title={t("time.back")}>
          <Icon name="back" />
        </Button>
        <Button
          icon
          kind="ghost"
          onClick={() => step(1)}
          disabled={at === null && !drives}
          aria-label={t("time.forward")}
          title={t("time.forward")}
        >
          <Icon name="forward" />
        </Button>
        <span style={{ marginLeft: "auto" }}>
          <Segment
            label={t("time.range")}
            value={range}
            onChange={(value) => setUrl({ range: value === "7h" ? undefined : value }, { replace: true })}
            options={(Object.keys(ranges) as Range[]).map((value) => ({ value, words: value.replace(/(\d+)/, "$1 ") }))}
          />
        </span>
      </div>
      <Strip range_ms={ranges[range]} at={at} now={now} next={state?.clocks.next_ends_at ?? null} go={go} />
      <div
        className="col"
        style={{
          width: 118,
          padding: "9px 12px",
          borderLeft: "1px solid var(--line)",
          fontSize: 11,
          lineHeight: "17px",
          color: "var(--ink-3)",
        }}
      >
        <span className="row">
          {t("time.alarms")}
          <span className="sp" />
          <b className="i2">{state?.shift.alarms ?? "—"}</b>
        </span>
        <span className="row">
          {t("time.late")}
          <span className="sp" />
          <b className="i2">{state ? shareText(state.late.numerator, state.late.denominator) : "—"}</b>
        </span>
        <button
          type="button"
          className="plain"
          style={{ gap: 0 }}
          onClick={faster}
          disabled={at === null && !drives}
          title={t("time.faster")}
        >
          {t(at !== null ? "time.playback" : "time.speed")}
          <span className="sp" />
          <b className="i2">×{at !== null ? speed : clock.speed}</b>
        </button>
      </div>
    </footer>
  )
}

/** The strip: arrivals, gaps, alarms, now, the next deadline; click or drag chooses a time. */
function Strip({
  range_ms,
  at,
  now,
  next,
  go,
}: {
  range_ms: number
  at: number | null
  now: number
  next: number | null
  go(time: number | null): void
}) {
  const { t, pick, language } = useWords()
  const box = useRef<SVGSVGElement>(null)
  const [width, setWidth] = useState(900)
  const [dragging, setDragging] = useState<number | null>(null)
  const cursor = useStore(cursorStore)
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => setWidth(Math.max(200, box.current?.clientWidth ?? 900)))
    observer.observe(box.current!)
    return () => observer.disconnect()
  }, [])
  // The window moves in steps, so that its query is asked again only when it has moved.
  const grain = range_ms / 84
  const live_end = Math.ceil((now + range_ms / 8) / grain) * grain
  const to = at !== null && at < live_end - range_ms ? Math.ceil((at + range_ms / 2) / grain) * grain : live_end
  const from = to - range_ms
  const data = useTimeline(Math.round(from), Math.round(to)).data
  const x = (time: number) => ((time - from) / range_ms) * width
  const timeAt = (event: React.PointerEvent) =>
    from + ((event.clientX - box.current!.getBoundingClientRect().left) / width) * range_ms
  const shown = dragging ?? at ?? now
  const high = Math.max(1, ...(data?.arrivals.map((a) => a.count) ?? [1]))
  const bar_ms = data && data.arrivals.length > 1 ? data.arrivals[1]!.start - data.arrivals[0]!.start : grain
  const placed: number[] = []
  const events = [...(data?.events ?? [])]
    .sort((a, b) => a.severity - b.severity || b.time - a.time)
    .filter((event) => {
      const px = x(event.time)
      if (placed.length > 120 || px < 6 || px > width - 6 || placed.some((p) => Math.abs(p - px) < 13)) return false
      placed.push(px)
      return true
    })
  const ticks = timeTicks(from, to, timeStep(range_ms, width, 110), minuteOfDay)
  return (
    <svg
      ref={box}
      height="76"
      style={{ width: "100%", minWidth: 0, cursor: "pointer", touchAction: "none" }}
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the strip is drawn, its keys and values are those of a slider
      role="slider"
      aria-label={t("time.strip")}
      aria-valuemin={from}
      aria-valuemax={now}
      aria-valuenow={shown}
      aria-valuetext={exactText(shown)}
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft") go(shown - grain)
        if (event.key === "ArrowRight") go(shown + grain)
      }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        setDragging(Math.min(now, timeAt(event)))
      }}
      onPointerMove={(event) => {
        if (dragging !== null) setDragging(Math.min(now, timeAt(event)))
      }}
      onPointerUp={() => {
        if (dragging !== null) go(dragging)
        setDragging(null)
      }}
    >
      <defs>
        <pattern id="hat" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path d="M0 0V6" stroke="var(--line-2)" strokeWidth="1" />
        </pattern>
      </defs>
      <rect className="tb-fut" x={x(now)} y="8" width={Math.max(0, width - x(now))} height="45" />
      {data?.arrivals.map((a) => {
        const h = Math.max(a.count > 0 ? 1 : 0, (a.count / high) * 16)
        return (
          <rect
            key={a.start}
            className="tb-d"
            x={x(a.start)}
            y={52 - h}
            width={Math.max(1, (bar_ms / range_ms) * width - 1)}
            height={h}
          />
        )
      })}
      {data?.gaps.map((gap) => (
        <g key={gap.from}>
          <rect x={x(gap.from)} y="44" width={Math.max(1, x(gap.to) - x(gap.from))} height="8" fill="var(--gap)" />
          {x(gap.to) - x(gap.from) > 30 ? (
            <text x={(x(gap.from) + x(gap.to)) / 2} y="48" textAnchor="middle" style={{ fontSize: 10 }}>
              {t("curve.gap")}
            </text>
          ) : null}
        </g>
      ))}
      <path className="tb-l" d={`M0 52.5H${width}`} />
      {ticks.map((tick) => {
        const midnight = minuteOfDay(tick) === 0
        const day = language === "zh" ? `${Number(dateText(tick).slice(8))}日` : dateText(tick).slice(5)
        const anchor = x(tick) < 20 ? "start" : x(tick) > width - 20 ? "end" : "middle"
        return (
          <g key={tick}>
            <path className="tb-l" d={`M${x(tick)} 53v5`} />
            <text x={x(tick)} y="69" textAnchor={anchor}>
              {midnight ? `00:00 · ${day}` : minuteText(tick)}
            </text>
          </g>
        )
      })}
      {events.map((event) => {
        const shape = levelShapes[event.severity as Level]
        const seen = event.until !== null
        const scale = event.severity === 1 ? 0.86 : 0.72
        return (
          <g
            key={`${event.kind}${event.id}`}
            className={`L${event.severity} lvm ${seen ? "ack" : ""}`}
            transform={`translate(${x(event.time)} 21) scale(${scale}) translate(-9 -9)`}
          >
            <title>{`${clockText(event.time)} ${pick(event.title)}`}</title>
            <path className="under" d={shape.d} />
            <path className="sh" d={shape.d} />
            <text
              x="9"
              y={shape.text_y}
              style={{
                stroke: "none",
                font: "700 10.5px var(--font)",
                textAnchor: "middle",
                fill: seen ? "var(--ink)" : `var(--lv${event.severity}-on)`,
              }}
            >
              {event.severity}
            </text>
          </g>
        )
      })}
      {next !== null && next > now && x(next) < width - 60 ? (
        <g transform={`translate(${x(next)} 20)`}>
          <path d="M0 -9V33" stroke="var(--ink-2)" strokeDasharray="2 2" />
          <text x="4" y="-1" style={{ fill: "var(--ink-2)" }}>
            {t("time.due", { time: minuteText(next) })}
          </text>
        </g>
      ) : null}
      {cursor !== null && cursor > from && cursor < to ? (
        <path d={`M${x(cursor)} 8V53`} stroke="var(--ink-3)" strokeDasharray="1 2" />
      ) : null}
      {at !== null || dragging !== null ? (
        <path d={`M${x(now)} 4V53`} stroke="var(--line-3)" strokeDasharray="3 2" />
      ) : null}
      <path className="tb-now" d={`M${x(shown)} 4V58`} />
      <path d={`M${x(shown) - 5} 2h10l-5 6z`} fill="var(--ink)" />
      {dragging !== null || at !== null ? (
        <g transform={`translate(${Math.max(34, Math.min(width - 34, x(shown)))} 66)`}>
          <rect x="-32" y="-8" width="64" height="17" rx="2" fill="var(--ink)" />
          <text y="4" textAnchor="middle" style={{ fill: "var(--on-ink)" }}>
            {clockText(shown)}
          </text>
        </g>
      ) : null}
    </svg>
  )
}
