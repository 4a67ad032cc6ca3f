import type { DeliveryView } from "../../../../stages/census/staging/views.ts"
import { can, useMe } from "../../../api.ts"
import { Button, Icon, KeyValues, numberText } from "../../../kit/index.ts"
import { durationText, exactText } from "../../../time.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { doIt, useDesk } from "./desk.ts"
import { useMayWork } from "./may-work.ts"
import { leftoversOf, othersOf, tablesOf } from "./shapes.ts"

const phases = ["waiting", "read", "check", "write", "changes"] as const

/** 检查: how far it is while it runs, what it found when it has run, why it ended when it failed. */
export function CheckStep({ delivery }: { delivery: DeliveryView }) {
  return (
    <div className="scroll dv-body">
      <div className="dv-wide">
        {delivery.status === "checking" ? <Running delivery={delivery} /> : <Ended delivery={delivery} />}
      </div>
    </div>
  )
}

function Running({ delivery }: { delivery: DeliveryView }) {
  const { t } = useWords()
  const me = useMe().data
  const cancel = useDesk<DeliveryView>()
  const p = delivery.progress
  const phase = phases.find((one) => one === p?.phase) ?? "waiting"
  const share = p && p.rows_total > 0 ? Math.min(1, p.rows / p.rows_total) : 0
  return (
    <section className="dv-block" aria-live="polite">
      <h3 className="f14">
        {t(`deliveries.phase.${phase}`)}
        <span className="x">{p && p.rows_total > 0 ? `${Math.floor(share * 100)} %` : ""}</span>
      </h3>
      <ol className="dv-phases">
        {phases.slice(1, 4).map((one) => (
          <li key={one} className={one === phase ? "on" : phases.indexOf(one) < phases.indexOf(phase) ? "done" : ""}>
            {t(`deliveries.phase.${one}`)}
          </li>
        ))}
      </ol>
      <span
        className="bar dv-bar"
        role="progressbar"
        aria-valuenow={Math.round(share * 100)}
        aria-label={t("deliveries.step.check")}
      >
        <i style={{ width: `${share * 100}%` }} />
      </span>
      <KeyValues
        rows={[
          {
            key: t("deliveries.rows"),
            value: p ? `${numberText(p.rows, 0)}${p.rows_total > 0 ? ` / ${numberText(p.rows_total, 0)}` : ""}` : "—",
          },
          {
            key: t("deliveries.rate"),
            value: p?.rate_per_s ? t("deliveries.rate_value", { rate: numberText(p.rate_per_s, 0) }) : "—",
          },
          {
            key: t("deliveries.left"),
            value: p?.seconds_left != null && p.rows_total > 0 ? durationText(p.seconds_left * 1000) : "—",
          },
        ]}
      />
      {can(me, "census.import") ? (
        <div className="row g8 dv-go">
          <Button disabled={cancel.isPending} onClick={() => cancel.mutate(() => doIt(delivery.id, "cancel"))}>
            {t("deliveries.cancel")}
          </Button>
          <span className="i3 f12">{t("deliveries.cancel_note")}</span>
        </div>
      ) : null}
    </section>
  )
}

function Ended({ delivery }: { delivery: DeliveryView }) {
  const { t, pick } = useWords()
  const [, setUrl] = useUrl()
  const may = useMayWork(delivery)
  const check = useDesk<DeliveryView>()
  const checked = delivery.rows !== null
  const open = delivery.rules.reduce((sum, rule) => sum + rule.open, 0)
  return (
    <>
      {delivery.problem ? (
        <p className="dv-note" role="alert">
          <Icon name="warning" />
          <span>{pick(delivery.problem.words)}</span>
        </p>
      ) : null}
      {delivery.status === "cancelled" ? (
        <p className="dv-note" role="status">
          <Icon name="pause" />
          <span>{t("deliveries.cancelled_text")}</span>
        </p>
      ) : null}
      <section className="dv-block">
        <h3>
          {t("deliveries.last_check")}
          <span className="x">{delivery.checked_at ? exactText(delivery.checked_at) : ""}</span>
        </h3>
        {checked ? (
          <KeyValues
            rows={[
              { key: t("deliveries.tables_found"), value: numberText(tablesOf(delivery).length, 0) },
              {
                key: t("deliveries.unused"),
                value: numberText(othersOf(delivery).length + leftoversOf(delivery).length, 0),
              },
              { key: t("deliveries.rows"), value: numberText(delivery.rows, 0) },
              { key: t("deliveries.publishable"), value: <b>{numberText(delivery.publishable, 0)}</b> },
              { key: t("deliveries.issues_open"), value: numberText(open, 0) },
            ]}
          />
        ) : (
          <span className="i3 f12">{t("deliveries.not_checked_text")}</span>
        )}
      </section>
      <div className="row g8 dv-go wrap">
        {may && delivery.files.length > 0 ? (
          <Button
            kind={checked && !delivery.stale ? "default" : "primary"}
            disabled={check.isPending}
            onClick={() => check.mutate(() => doIt(delivery.id, "check"))}
          >
            {t(checked ? "deliveries.recheck" : "deliveries.check_now")}
          </Button>
        ) : null}
        {delivery.status === "checked" && !delivery.system ? (
          <Button kind="primary" onClick={() => setUrl({ step: "system" })}>
            {t("deliveries.to_system")}
          </Button>
        ) : checked && open > 0 ? (
          <Button kind="primary" onClick={() => setUrl({ step: "issues" })}>
            {t("deliveries.to_issues")}
          </Button>
        ) : checked ? (
          <Button kind="primary" onClick={() => setUrl({ step: "submit" })}>
            {t("deliveries.to_submit")}
          </Button>
        ) : null}
      </div>
    </>
  )
}
