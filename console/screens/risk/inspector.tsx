import type { UseQueryResult } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ApiError, RiskView } from "../../api.ts"
import { Icon, Inspector, InspectorHead, KeyValues, numberText, RiskBars, Section, Shown } from "../../kit/index.ts"
import { exactText } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { useNames } from "../names.ts"

const side_max = 10

/** One score explained: weight × mark = points, both sums, then the product. What is not known is said, not guessed. */
export function RiskInspector({ query, onClose }: { query: UseQueryResult<RiskView, ApiError>; onClose(): void }) {
  const { t } = useWords()
  return (
    <Inspector label={t("risk.title")}>
      <Shown query={query}>{(risk) => <Explained risk={risk} onClose={onClose} />}</Shown>
    </Inspector>
  )
}

function Explained({ risk, onClose }: { risk: RiskView; onClose(): void }) {
  const { t, pick } = useWords()
  const names = useNames()
  const side = (name: "likelihood" | "consequence", sum: number) => {
    const rows = risk.factors.filter((f) => f.side === name)
    const weight = rows.filter((f) => f.points !== null).reduce((n, f) => n + f.weight, 0)
    return (
      <>
        {rows.map((f) => (
          <tr key={f.id} className={f.points === null ? "i3" : ""}>
            <td className="mid">{pick(f.name)}</td>
            <td className="i2 el" style={{ maxWidth: 120 }} title={pick(f.words)}>
              {f.points === null
                ? t("risk.unknown")
                : names.attribute(risk.lifeline, risk.kind, attributeOf(f.id), f.input) === String(f.input)
                  ? pick(f.words)
                  : names.attribute(risk.lifeline, risk.kind, attributeOf(f.id), f.input)}
            </td>
            <td className="r i3">{f.points === null || weight === 0 ? "?" : numberText(f.weight / weight, 2)}</td>
            <td className="r i3">{f.mark === null ? "?" : numberText(f.mark, 1)}</td>
            <td style={{ width: 74 }}>
              {f.points === null ? (
                <span className="bar unknown" />
              ) : (
                <span className="bar">
                  <i style={{ width: `${Math.min(100, (f.points / side_max) * 200)}%` }} />
                </span>
              )}
            </td>
            <td className="r">{f.points === null ? "—" : numberText(f.points, 2)}</td>
          </tr>
        ))}
        <tr className="sum">
          <td colSpan={5}>{t(`risk.${name}`)}</td>
          <td className="r">{numberText(sum, 2)}</td>
        </tr>
      </>
    )
  }
  const unknown = risk.factors.filter((f) => f.points === null)
  return (
    <>
      <InspectorHead
        marks={
          <>
            <span className={`lvtag k${risk.band}`}>
              <RiskBars band={risk.band} />
              {t("risk.band_risk", { band: t(`risk.band.${risk.band}`) })}
            </span>
            <span className="chip">
              <Icon name={names.icon(risk.lifeline)} />
              {names.lifeline(risk.lifeline)} · {names.kind(risk.lifeline, risk.kind)}
            </span>
          </>
        }
        title={pick(risk.name)}
        code={risk.code}
        place={[
          pick(risk.place),
          risk.length_m === null ? null : `${numberText(risk.length_m, 0)} m`,
          risk.owner ? pick(risk.owner) : null,
        ]
          .filter(Boolean)
          .join(" · ")}
        onClose={onClose}
      />
      <div className="sec row" style={{ gap: 18 }}>
        <div className="row" style={{ alignItems: "baseline" }}>
          <span className="big">{numberText(risk.score, 1)}</span>
          <span className="unit">/ 100</span>
        </div>
        <KeyValues
          rows={[
            {
              key: t("risk.product"),
              value: <b>{`${numberText(risk.likelihood, 2)} × ${numberText(risk.consequence, 2)}`}</b>,
            },
            { key: t("risk.known"), value: `${Math.round(risk.known * 100)} %` },
            ...(risk.assessed_at ? [{ key: t("risk.assessed_at"), value: exactText(risk.assessed_at) }] : []),
          ]}
        />
      </div>
      <Section title={t("risk.why")} note={`${t("risk.sum_note")} · ${risk.rule} v${risk.rule_version}`}>
        <table className="t tight flush factors">
          <tbody>
            {side("likelihood", risk.likelihood)}
            {side("consequence", risk.consequence)}
          </tbody>
        </table>
      </Section>
      {unknown.length ? (
        <Section title={t("risk.not_known")} note={`${unknown.length} / ${risk.factors.length}`}>
          <div className="f12 i2">
            <b>?</b> {unknown.map((f) => pick(f.name)).join(" · ")}
            <div className="i3" style={{ marginTop: 2 }}>
              {t("risk.not_known_text")}
            </div>
          </div>
        </Section>
      ) : null}
      <Section title={t("risk.method")}>
        <div className="f12 i2" style={{ lineHeight: "19px" }}>
          {pick(risk.source)}
        </div>
        <Link to={"/census" as never} search={{ sel: `asset:${risk.asset_id}` } as never} className="lk f12">
          {t("risk.open_asset")}
        </Link>
      </Section>
    </>
  )
}

/** Factors are named shortly; the attribute whose choices give the words has its own id. */
const attributeOf = (factor: string): string => ({ pressure: "pressure_class" })[factor] ?? factor
