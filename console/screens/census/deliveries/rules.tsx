import type { DeliveryView } from "../../../../stages/census/staging/views.ts"
import { numberText } from "../../../kit/index.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { ReUpload } from "./reupload.tsx"

type Rule = DeliveryView["rules"][number]
/** All that a rule found: the order stays while its issues are settled. */
const found = (r: Rule) => r.open + r.fixed + r.accepted

/** The rules that found something, those that keep rows back first; how many are left and how many have a proposal. */
export function RuleList({ delivery }: { delivery: DeliveryView }) {
  const { t, pick } = useWords()
  const [search, setUrl] = useUrl()
  const rules = [...delivery.rules].sort((a, b) => Number(b.blocks) - Number(a.blocks) || found(b) - found(a))
  const most = Math.max(1, ...rules.map((r) => r.open))
  const left = (blocks: boolean) => rules.filter((r) => r.blocks === blocks).reduce((sum, r) => sum + r.open, 0)
  const choose = (rule: string | undefined) => setUrl({ rule, issue: undefined, q: undefined, in: undefined })
  return (
    <div className="col dv-right br">
      <div className="scroll">
        <div className="dv-rule head">
          <span />
          <span>{t("deliveries.rule")}</span>
          <span className="r">{t("deliveries.open_short")}</span>
          <span className="r">{t("deliveries.fixable")}</span>
        </div>
        <button
          type="button"
          className={`dv-rule ${search.rule ? "" : "sel"}`}
          aria-pressed={!search.rule}
          onClick={() => choose(undefined)}
        >
          <span />
          <b>{t("deliveries.all_rules")}</b>
          <b className="r">{numberText(left(true) + left(false), 0)}</b>
          <span className="r i2">
            {numberText(
              rules.reduce((sum, r) => sum + r.fixes, 0),
              0,
            )}
          </span>
        </button>
        {rules.map((r) => (
          <button
            key={r.rule}
            type="button"
            title={r.rule}
            className={`dv-rule ${search.rule === r.rule ? "sel" : ""} ${r.open === 0 ? "done" : ""}`}
            aria-pressed={search.rule === r.rule}
            onClick={() => choose(r.rule)}
          >
            <i
              className={`dv-box ${r.blocks ? "full" : ""}`}
              title={t(r.blocks ? "deliveries.blocks" : "deliveries.warns")}
            />
            <span className="el" title={pick(r.says)}>
              {pick(r.name)}
              <em style={{ width: `${(100 * r.open) / most}%` }} />
            </span>
            <b className="r">{r.open === 0 ? "✓" : numberText(r.open, 0)}</b>
            <span className="r i2">{r.fixes ? numberText(r.fixes, 0) : "—"}</span>
          </button>
        ))}
        <div className="dv-block pad f12">
          <p className="row g6">
            <i className="dv-box full" />
            {t("deliveries.blocks_text")}
            <b className="sp r">{numberText(left(true), 0)}</b>
          </p>
          <p className="row g6">
            <i className="dv-box" />
            {t("deliveries.warns_text")}
            <b className="sp r">{numberText(left(false), 0)}</b>
          </p>
        </div>
      </div>
      <div className="dv-block pad bt f12">
        <ReUpload delivery={delivery} />
      </div>
    </div>
  )
}
