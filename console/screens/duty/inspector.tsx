import { Link } from "@tanstack/react-router"
import type { AttributeDeclaration } from "../../../model/index.ts"
import { type AlarmView, type LifelineView, useLatest, useLifelines } from "../../api.ts"
import { say } from "../../frame/index.ts"
import {
  ClockText,
  distanceText,
  Icon,
  Inspector,
  KeyValues,
  LevelBadge,
  levelState,
  lifelineIcon,
  numberText,
  Reasons,
  Section,
  StateTrack,
  type TrackStep,
  trendText,
  unitText,
} from "../../kit/index.ts"
import { goTo } from "../../map/index.ts"
import { clockText, durationText, exactText, shortText } from "../../time.ts"
import { useAt } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { AlarmActions } from "./actions.tsx"
import { decimalsOf, Evidence, evidenceOf } from "./evidence.tsx"

/** One alarm: what it is, state now, why, what to do, history. */
export function AlarmInspector({
  alarm,
  now,
  onDraft,
  onClose,
}: {
  alarm: AlarmView
  now: number
  onDraft(): void
  onClose(): void
}) {
  const { t, pick, language } = useWords()
  const at = useAt()
  const lifeline = useLifelines().data?.find((l) => l.id === alarm.lifeline)
  const window = evidenceOf(alarm, now)
  const latest = useLatest(window.subject === null ? [] : [window.subject], at).data?.[0]
  const reasons = window.because.reasons.map((r) => ({ sign: r.sign, text: pick(r.words) }))
  const copy = () => {
    navigator.clipboard.writeText(location.href).then(
      () => say(t("duty.link_copied")),
      () => say(location.href),
    )
  }
  const gap = language === "zh" ? "" : " "
  return (
    <Inspector label={pick(alarm.title)} actions={<AlarmActions alarm={alarm} onDraft={onDraft} onClose={onClose} />}>
      <div style={{ padding: "10px 16px 9px" }}>
        <div className="row g8">
          <LevelBadge level={alarm.severity} state={levelState(alarm)}>
            {t("duty.level_alarm", { level: t(`level.${alarm.severity}`) })}
          </LevelBadge>
          <span className="chip">
            <Icon name={lifelineIcon(lifeline?.symbol)} />
            {lifeline ? pick(lifeline.name) : alarm.lifeline}
          </span>
          {alarm.condition === "cleared" ? <span className="chip dash">{t("duty.cleared")}</span> : null}
          <span className="sp" />
          {alarm.clock ? (
            <>
              <span className="i3 f12 el">{t("duty.left", { what: pick(alarm.clock.name) })}</span>
              <b className="f16">
                <ClockText clock={alarm.clock} now={now} />
              </b>
            </>
          ) : null}
        </div>
        <div className="row g8" style={{ marginTop: 7 }}>
          <b className="f16 el">{pick(alarm.title)}</b>
          {alarm.code ? <span className="m i2 nw1">{alarm.code}</span> : null}
          <span className="sp" />
          <button
            type="button"
            className="plain i2"
            title={t("duty.copy_link")}
            aria-label={t("duty.copy_link")}
            onClick={copy}
          >
            <Icon name="link" />
          </button>
          <button
            type="button"
            className="plain i2"
            title={t("duty.close")}
            aria-label={t("duty.close")}
            onClick={onClose}
          >
            <Icon name="close" />
          </button>
        </div>
        <div className="i3 f12" style={{ marginTop: 1 }}>
          {[
            pick(alarm.place),
            alarm.area,
            alarm.owner ? `${t("duty.owner")}${gap}${gap ? "" : " "}${pick(alarm.owner)}` : null,
          ]
            .filter(Boolean)
            .join(" · ")}
        </div>
        <StateTrack steps={trackOf(alarm, now, t)} />
      </div>
      <div className="sec row" style={{ gap: 18, padding: "7px 16px 8px" }}>
        <div className="row" style={{ alignItems: "baseline" }}>
          <span className="big">{numberText(alarm.value?.amount, decimalsOf(alarm))}</span>
          <span className="unit nw1">
            {alarm.value ? unitText(alarm.value.unit) : ""} {trendText(alarm.trend)}
          </span>
        </div>
        <KeyValues
          rows={[
            {
              key: t("duty.lasts"),
              value: (
                <span className="mid" title={exactText(alarm.finding.since)}>
                  {durationText((alarm.cleared_at ?? now) - alarm.finding.since)}
                </span>
              ),
            },
            {
              key: t("duty.found_at"),
              value: <span title={exactText(alarm.raised_at)}>{shortText(alarm.raised_at, now)}</span>,
            },
            {
              key: t("duty.sampled"),
              value: latest ? (
                <span
                  className={latest.stale ? "i3" : ""}
                  style={latest.stale ? { borderBottom: "1px dashed" } : undefined}
                  title={latest.stale ? t("duty.stale") : exactText(latest.time)}
                >{`${clockText(latest.time)} / ${clockText(latest.arrived)}`}</span>
              ) : (
                "—"
              ),
            },
          ]}
        />
      </div>
      <Evidence alarm={alarm} now={now} />
      {reasons.length ? (
        <div className="sec" style={{ paddingTop: 7 }}>
          <Reasons reasons={reasons} />
        </div>
      ) : null}
      {alarm.suspects.length ? (
        <Section title={t("duty.suspects")} note={t("duty.suspects_note")} tight>
          <table className="t tight flush">
            <tbody>
              {alarm.suspects.slice(0, 4).map((suspect, i) => (
                <tr key={suspect.asset_id}>
                  <td style={{ width: 25 }}>
                    <span className="mk">{i + 1}</span>
                  </td>
                  <td className="mid el" style={{ maxWidth: 150 }}>
                    <button type="button" className="plain" onClick={() => goTo(suspect.lon_lat, 16)}>
                      {pick(suspect.name)}
                    </button>
                  </td>
                  <td className="i2 el" style={{ maxWidth: 130 }}>
                    {materialWords(pick(suspect.detail), lifeline, pick)}
                  </td>
                  <td className="r i2">{distanceText(suspect.distance_m)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
      ) : null}
      <Background alarm={alarm} now={now} />
    </Inspector>
  )
}

/** "DN200 ST 2003" with the material's words in place of its code. */
function materialWords(
  detail: string,
  lifeline: LifelineView | undefined,
  pick: (words: { zh: string; en: string }) => string,
): string {
  const materials = (lifeline?.assets ?? [])
    .flatMap((a) => a.attributes as AttributeDeclaration[])
    .filter((a) => a.id === "material")
    .flatMap((a) => a.choices ?? [])
  return detail
    .split(" ")
    .map((word) => {
      const choice = materials.find((m) => m.value === word)
      return choice ? pick(choice.name) : word
    })
    .join(" ")
}

/** Rule, device and history in three lines; each opens to all it holds. */
function Background({ alarm, now }: { alarm: AlarmView; now: number }) {
  const { t, pick } = useWords()
  const inputs = Object.entries((alarm.finding.because as { inputs: Record<string, unknown> }).inputs)
  const device = alarm.device
  return (
    <div className="sec f12 i2" style={{ padding: "6px 16px", lineHeight: "18px" }}>
      <details>
        <summary className="row g6" style={{ cursor: "pointer" }}>
          <span className="i3">{t("duty.rule")}</span>
          <span className="mid" style={{ color: "var(--ink)" }}>{`${alarm.rule} v${alarm.rule_version}`}</span>
          <span className="el">{pick(alarm.rule_name) === alarm.rule ? "" : pick(alarm.rule_name)}</span>
        </summary>
        <dl className="kv" style={{ margin: "2px 0 6px" }}>
          {inputs.map(([name, value]) => (
            <div key={name} style={{ display: "contents" }}>
              <dt className="m">{name}</dt>
              <dd>{typeof value === "number" ? numberText(value, Number.isInteger(value) ? 0 : 3) : String(value)}</dd>
            </div>
          ))}
        </dl>
      </details>
      <div className="row g6">
        <span className="i3">{t("duty.device")}</span>
        <span className="el">
          {device
            ? [
                device.code,
                t(`device_state.${device.state}`),
                device.last_time !== null ? t("duty.last_at", { time: shortText(device.last_time, now) }) : "",
              ]
                .filter(Boolean)
                .join(" · ")
            : t("duty.no_device")}
        </span>
      </div>
      <details>
        <summary className="row g6" style={{ cursor: "pointer" }}>
          <span className="i3">{t("duty.history")}</span>
          <span className="el">
            {alarm.history
              .slice(-3)
              .map((h) => `${clockText(h.time).slice(0, 5)} ${pick(h.words)}`)
              .join(" · ")}
          </span>
        </summary>
        <table className="t tight flush" style={{ margin: "2px 0 4px" }}>
          <tbody>
            {alarm.history.map((h) => (
              <tr key={`${h.time}${h.action}`}>
                <td className="i3" title={exactText(h.time)}>
                  {shortText(h.time, now)}
                </td>
                <td>{pick(h.words)}</td>
                <td className="r i3">{h.actor}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
      {alarm.members.length ? (
        <div className="row g6">
          <span className="i3">{t("duty.members")}</span>
          <span className="el">{alarm.members.map((m) => pick(m.title)).join(" · ")}</span>
        </div>
      ) : null}
      {alarm.order_id !== null ? (
        <div className="row g6">
          <span className="i3">{t("duty.order_link")}</span>
          <Link to={"/response" as never} search={{ order: String(alarm.order_id) } as never} className="lk">
            {t("duty.open_order")}
          </Link>
        </div>
      ) : null}
    </div>
  )
}

/** Six steps of an alarm; what is done says when or how long, what is now says its limit. */
export function trackOf(
  alarm: AlarmView,
  now: number,
  t: (key: string, values?: Record<string, unknown>) => string,
): TrackStep[] {
  const judged = alarm.verdict !== "open"
  const real = alarm.verdict === "real"
  const dismissed = judged && !real
  const order = alarm.order_id !== null
  const clock = alarm.clock
  const limit = clock ? t("duty.limit", { span: durationText(clock.ends_at - clock.starts_at) }) : undefined
  const wait = t("duty.wait")
  const current = alarm.stage
  return [
    { name: t("track.found"), note: shortText(alarm.raised_at, now), state: "done", title: exactText(alarm.raised_at) },
    {
      name: t("track.seen"),
      state: alarm.acknowledged_at !== null || judged ? "done" : "now",
      note:
        alarm.acknowledged_at !== null
          ? t("duty.took", { span: durationText(alarm.acknowledged_at - alarm.raised_at).replace(/^0/, "") })
          : judged
            ? "—"
            : wait,
    },
    {
      name: current === "verdict" ? t("track.judging") : t("track.judged"),
      state: judged ? "done" : alarm.acknowledged_at !== null ? "now" : "todo",
      note: judged ? t(`verdict.${alarm.verdict}`) : (limit ?? wait),
    },
    {
      name: t("track.warning"),
      state: order ? "done" : real && current === "warning" ? "now" : "todo",
      note: dismissed ? t("track.none") : order ? t("track.issued") : current === "warning" ? (limit ?? wait) : wait,
    },
    {
      name: t("track.order"),
      state: current === "done" && order ? "done" : current === "order" ? "now" : "todo",
      note: dismissed ? t("track.none") : current === "order" ? (limit ?? "") : wait,
    },
    {
      name: t("track.over"),
      state: current === "done" ? "done" : "todo",
      note: alarm.cleared_at !== null ? shortText(alarm.cleared_at, now) : " ",
    },
  ]
}
