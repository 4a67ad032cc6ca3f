import type { ChangeSetView } from "../../../../stages/census/changes/views.ts"
import type { DeliveryView } from "../../../../stages/census/staging/views.ts"
import { Button, Icon, Notice, numberText } from "../../../kit/index.ts"
import { exactText } from "../../../time.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { ChangeStatus, CountsText, toChange } from "./changes.tsx"
import { doIt, useDesk } from "./desk.ts"
import { useMayWork } from "./may-work.ts"
import { changeSetsOf } from "./shapes.ts"

/** 提交: what may be published and what waits, then the change set for a second person. */
export function SubmitStep({ delivery }: { delivery: DeliveryView }) {
  const { t } = useWords()
  const [, setUrl] = useUrl()
  const may = useMayWork(delivery)
  const submit = useDesk<DeliveryView>(() => setUrl({ step: undefined }))
  const sets = changeSetsOf(delivery)
  if (delivery.rows === null)
    return <Notice icon="file" title={t("deliveries.not_checked")} text={t("deliveries.not_checked_text")} />
  const good = delivery.publishable ?? 0
  const hindrance = !delivery.system ? "no_system" : good === 0 ? "nothing_good" : null
  const waiting = sets.find((set) => set.status === "proposed")
  return (
    <div className="scroll dv-body">
      <div className="dv-wide">
        <Quality delivery={delivery} />
        {waiting ? (
          <section className="dv-block">
            <p className="dv-note" role="status">
              <Icon name="check" />
              <span>{t("deliveries.waits_for_other", { name: waiting.submitted_name, id: waiting.id })}</span>
            </p>
            <Button kind="primary" onClick={() => setUrl(toChange(waiting.id))}>
              {t("deliveries.open_change")}
            </Button>
          </section>
        ) : may ? (
          <div className="row g8 wrap dv-go">
            <Button
              kind="primary"
              large
              disabled={hindrance !== null || submit.isPending}
              onClick={() => submit.mutate(() => doIt(delivery.id, "submit"))}
            >
              {t("deliveries.submit", { count: numberText(good, 0) })}
            </Button>
            <span className="i3 f12">
              {t(hindrance ? `deliveries.hindrance.${hindrance}` : "deliveries.submit_note")}
            </span>
            {hindrance === "no_system" ? (
              <Button onClick={() => setUrl({ step: "system" })}>{t("deliveries.to_system")}</Button>
            ) : null}
          </div>
        ) : null}
        <History sets={sets} />
        <RuleTable delivery={delivery} />
      </div>
    </div>
  )
}

/** Rows in one bar: what may be published, what waits. */
function Quality({ delivery }: { delivery: DeliveryView }) {
  const { t } = useWords()
  const rows = delivery.rows ?? 0
  const good = delivery.publishable ?? 0
  const share = rows > 0 ? (100 * good) / rows : 0
  return (
    <section className="dv-block">
      <h3>
        {t("deliveries.quality")}
        <span className="x">{delivery.checked_at ? exactText(delivery.checked_at) : ""}</span>
      </h3>
      <div className="dv-numbers">
        {(
          [
            ["rows", rows],
            ["publishable", good],
            ["waiting", rows - good],
          ] as const
        ).map(([name, count]) => (
          <div key={name}>
            <span className="i3 f12">{t(`deliveries.number.${name}`)}</span>
            <b>{numberText(count, 0)}</b>
            <span className="i3 f12">{t(`deliveries.number_note.${name}`)}</span>
          </div>
        ))}
      </div>
      <span className="dv-share" role="img" aria-label={`${share.toFixed(1)} %`}>
        <i style={{ width: `${share}%` }} />
      </span>
      {delivery.stale ? <p className="dv-note">{t("deliveries.stale_text")}</p> : null}
    </section>
  )
}

/** The rules that keep rows back, and those that only warn. */
function RuleTable({ delivery }: { delivery: DeliveryView }) {
  const { t, pick } = useWords()
  const [, setUrl] = useUrl()
  const rules = delivery.rules
    .filter((r) => r.open + r.accepted > 0)
    .sort((a, b) => Number(b.blocks) - Number(a.blocks) || b.open - a.open)
  return (
    <section className="dv-block">
      <h3>{t("deliveries.by_rule")}</h3>
      {rules.length ? (
        <table className="t">
          <thead>
            <tr>
              <th>{t("deliveries.rule")}</th>
              <th>{t("deliveries.effect")}</th>
              <th className="r">{t("deliveries.state.open")}</th>
              <th className="r">{t("deliveries.state.accepted")}</th>
            </tr>
          </thead>
          <tbody>
            {rules.map((r) => (
              <tr key={r.rule}>
                <td>
                  <button
                    type="button"
                    className="lk"
                    onClick={() => setUrl({ step: "issues", rule: r.rule, issue: undefined })}
                  >
                    {pick(r.name)}
                  </button>
                </td>
                <td className="i2">{t(r.blocks ? "deliveries.blocks" : "deliveries.warns")}</td>
                <td className="r">{numberText(r.open, 0)}</td>
                <td className="r">{numberText(r.accepted, 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="i2">{t("deliveries.all_good")}</p>
      )}
    </section>
  )
}

function History({ sets }: { sets: ChangeSetView[] }) {
  const { t } = useWords()
  const [, setUrl] = useUrl()
  if (sets.length === 0) return null
  return (
    <section className="dv-block">
      <h3>{t("changes.history")}</h3>
      <table className="t">
        <tbody>
          {sets.map((set) => (
            <tr key={set.id}>
              <td>
                <button type="button" className="lk" onClick={() => setUrl(toChange(set.id))}>
                  {t("changes.set", { id: set.id })}
                </button>
              </td>
              <td>
                <ChangeStatus status={set.status} />
              </td>
              <td>
                <CountsText counts={set.counts} />
              </td>
              <td className="i2">
                {set.submitted_name} · {exactText(set.submitted_at)}
              </td>
              <td className="i3">{set.undo_reason ?? set.reason ?? ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
