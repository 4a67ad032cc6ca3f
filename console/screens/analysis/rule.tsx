import { Link } from "@tanstack/react-router"
import type { AlarmRow, Page, RuleRow } from "../../api.ts"
import { useGet } from "../../api.ts"
import {
  Icon,
  Inspector,
  InspectorHead,
  KeyValues,
  LevelShape,
  levelState,
  numberText,
  Section,
  unitText,
} from "../../kit/index.ts"
import { durationText, exactText, shortText, useCityNow } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { useNames } from "../names.ts"
import { kindOf, thresholdOf, versionOf } from "./rule-facts.ts"

/** One rule: what it watches, its limits, where they come from, the alarms it raised and how they were judged. */
export function RuleInspector({ rule, onClose }: { rule: RuleRow; onClose(): void }) {
  const { t, pick } = useWords()
  const names = useNames()
  const now = useCityNow()
  const lifeline = rule.lifeline || names.lifelineOfRule(rule.rule)
  const threshold = thresholdOf(rule, names)
  const indicator = names.indicators(lifeline).find((i) => i.id === threshold?.indicator)
  const source = threshold?.source ?? rule.source
  const all = useGet<Page<AlarmRow>>("alarm", "/api/warning/alarms", {
    state: "all",
    lifeline,
    limit: 500,
    sort: "-raised_at",
  })
  const alarms = (all.data?.items ?? []).filter((a) => a.rule === rule.rule)
  const judged = alarms.filter((a) => a.verdict !== "open")
  const real = judged.filter((a) => a.verdict === "real")
  return (
    <Inspector label={names.rule(rule.rule)}>
      <InspectorHead
        marks={
          <>
            <span className="chip">{t(`analysis.kind_of.${kindOf(rule, names)}`)}</span>
            <span className="chip">
              <Icon name={names.icon(lifeline)} />
              {names.lifeline(lifeline)}
            </span>
          </>
        }
        title={names.rule(rule.rule)}
        place={
          <span className="m">
            {rule.rule} v{versionOf(rule, names)}
          </span>
        }
        onClose={onClose}
      />
      {rule.trouble ? (
        <Section title={t("analysis.switched_off")}>
          <div className="note">{rule.trouble}</div>
        </Section>
      ) : null}
      {threshold ? (
        <Section title={t("analysis.limits")} note={indicator ? pick(indicator.name) : threshold.indicator}>
          <table className="t tight flush">
            <tbody>
              {threshold.levels.map((level) => (
                <tr key={level.severity}>
                  <td style={{ width: 24 }}>
                    <LevelShape level={level.severity} size="s" />
                  </td>
                  <td>{t(`level.${level.severity}`)}</td>
                  <td className="r">
                    {threshold.direction === "below" ? "≤" : "≥"} <b>{numberText(level.limit)}</b>{" "}
                    {unitText(indicator?.unit ?? "")}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <KeyValues
            rows={[
              { key: t("analysis.hold"), value: durationText(threshold.hold_ms) },
              {
                key: t("analysis.deadband"),
                value: `${numberText(threshold.deadband)} ${unitText(indicator?.unit ?? "")}`,
              },
            ]}
          />
        </Section>
      ) : null}
      <Section title={t("analysis.subjects")}>
        <span className="num">{numberText(rule.subjects, 0)}</span>
      </Section>
      {source ? (
        <Section title={t("analysis.source")}>
          <div className="f12 i2" style={{ lineHeight: "19px" }}>
            {pick(source)}
          </div>
        </Section>
      ) : null}
      <Section
        title={t("analysis.its_alarms")}
        note={
          judged.length ? t("analysis.judged", { real: real.length, judged: judged.length }) : String(alarms.length)
        }
      >
        {alarms.length === 0 ? <span className="f12 i3">{t("analysis.no_alarms")}</span> : null}
        {alarms.slice(0, 12).map((alarm) => (
          <div key={alarm.id} className="row g8 f12" style={{ lineHeight: "24px" }}>
            <LevelShape level={alarm.severity} state={levelState(alarm)} size="s" />
            <Link to={"/duty" as never} search={{ sel: `alarm:${alarm.id}` } as never} className="lk el">
              {pick(alarm.place)}
            </Link>
            <span className="sp" />
            <span className="i3 nw1">{t(`verdict.${alarm.verdict}`)}</span>
            <span className="i3 nw1" title={exactText(alarm.raised_at)}>
              {shortText(alarm.raised_at, now)}
            </span>
          </div>
        ))}
      </Section>
    </Inspector>
  )
}
