import { useState } from "react"
import type { DeliveryView, IssueView } from "../../../../stages/census/staging/views.ts"
import { Button, numberText } from "../../../kit/index.ts"
import { useWords } from "../../../words/index.ts"
import { fieldName } from "./fields.ts"
import { cellOf, type Decided, editableField, type Work } from "./issue-work.ts"
import { Reason } from "./reason.tsx"

type Props = {
  delivery: DeliveryView
  issue: IssueView | null
  may: boolean
  asking: "exception" | null
  onAsk(what: "exception" | null): void
  onEdit(): void
  work: Work
  decided: Decided
  filter: { rule: string | undefined }
}

/** The chosen issue in words, and what can be done with it and with all of its rule. */
export function IssueDetail(props: Props) {
  const { t } = useWords()
  const { issue, delivery, may } = props
  const rule = delivery.rules.find((r) => r.rule === (issue?.rule ?? props.filter.rule)) ?? null
  return (
    <div className="dv-detail">
      {issue ? <Chosen {...props} issue={issue} /> : <span className="i3 f12">{t("deliveries.choose_row")}</span>}
      {may && rule && rule.open > 0 ? <WholeRule key={rule.rule} rule={rule} work={props.work} /> : null}
      <span className="dv-keys i3 f12">
        <span>
          <kbd>J</kbd> <kbd>K</kbd> {t("deliveries.key_move")}
        </span>
        {may ? (
          <>
            <span>
              <kbd>F</kbd> {t("deliveries.key_fix")}
            </span>
            <span>
              <kbd>E</kbd> {t("deliveries.key_except")}
            </span>
            <span>
              <kbd>⏎</kbd> {t("deliveries.key_edit")}
            </span>
          </>
        ) : null}
      </span>
    </div>
  )
}

function Chosen({ issue, delivery, may, asking, onAsk, onEdit, work, decided }: Props & { issue: IssueView }) {
  const { t, pick } = useWords()
  const rule = delivery.rules.find((r) => r.rule === issue.rule)
  const corrected = decided.corrections.get(cellOf(issue, editableField(issue) ?? issue.fix?.field ?? ""))
  const exception = decided.exceptionOf(issue)
  return (
    <>
      <div className="row g8 wrap">
        <b className="f14">
          {issue.row > 0
            ? t("deliveries.at_row", { row: issue.row, key: issue.key || "—" })
            : issue.table || issue.file}
        </b>
        <span className="chip">{pick(rule?.name)}</span>
        <span className="i3 f12 el">{issue.file}</span>
      </div>
      <p>{pick(issue.words)}</p>
      {issue.fix && issue.state === "open" ? (
        <p className="i2 f12">
          {t("deliveries.proposal")} <b>{pick(fieldName(issue.fix.field)) || issue.fix.field}</b>
          {issue.fix.field === issue.field ? ` ${issue.value || "—"}` : ""} → <b>{issue.fix.value || "—"}</b>
          {" · "}
          {pick(issue.fix.words)}
        </p>
      ) : null}
      {issue.state === "accepted" && exception ? (
        <p className="i2 f12">{t("deliveries.excepted", { reason: exception.reason })}</p>
      ) : null}
      {!may ? null : asking === "exception" && issue.state === "open" ? (
        <Reason
          key={issue.id}
          label={t("deliveries.except_one")}
          onGive={(reason) => {
            onAsk(null)
            work.except([issue.id], reason)
          }}
          onStop={() => onAsk(null)}
        />
      ) : (
        <div className="row g8 wrap">
          {issue.state === "open" && issue.fix ? (
            <Button kind="primary" hotkey="F" disabled={work.busy} onClick={() => work.fix(issue)}>
              {t("deliveries.accept_fix")}
            </Button>
          ) : null}
          {issue.state === "open" && editableField(issue) ? (
            <Button hotkey="⏎" disabled={work.busy} onClick={onEdit}>
              {t("deliveries.edit_cell")}
            </Button>
          ) : null}
          {issue.state === "open" ? (
            <Button hotkey="E" disabled={work.busy} onClick={() => onAsk("exception")}>
              {t("deliveries.except")}
            </Button>
          ) : null}
          {corrected ? (
            <Button disabled={work.busy} onClick={() => work.takeBackCorrection(corrected.id)}>
              {t("deliveries.take_back_correction")}
            </Button>
          ) : null}
          {issue.state === "accepted" && exception ? (
            <Button disabled={work.busy} onClick={() => work.takeBackException(exception.id)}>
              {t("deliveries.take_back_exception")}
            </Button>
          ) : null}
        </div>
      )}
    </>
  )
}

/** What is done with a whole rule names the number first and asks again. */
function WholeRule({ rule, work }: { rule: DeliveryView["rules"][number]; work: Work }) {
  const { t, pick } = useWords()
  const [asking, setAsking] = useState<"fixes" | "exceptions" | null>(null)
  if (asking === "exceptions")
    return (
      <Reason
        label={t("deliveries.except_all_of", { count: numberText(rule.open, 0), rule: pick(rule.name) })}
        onGive={(reason) => {
          setAsking(null)
          work.exceptAll({ rule: rule.rule }, reason)
        }}
        onStop={() => setAsking(null)}
      />
    )
  if (asking === "fixes")
    return (
      <div className="row g8 wrap dv-ask" role="alertdialog" aria-label={t("deliveries.fix_all")}>
        <span>{t("deliveries.fix_all_sure", { count: numberText(rule.fixes, 0), rule: pick(rule.name) })}</span>
        <Button
          kind="primary"
          onClick={() => {
            setAsking(null)
            work.fixRule(rule.rule)
          }}
        >
          {t("deliveries.fix_all_yes", { count: numberText(rule.fixes, 0) })}
        </Button>
        <Button onClick={() => setAsking(null)}>{t("deliveries.not_now")}</Button>
      </div>
    )
  return (
    <div className="row g8 wrap f12">
      <span className="i3">{pick(rule.name)}</span>
      {rule.fixes > 0 ? (
        <Button disabled={work.busy} onClick={() => setAsking("fixes")}>
          {t("deliveries.fix_all_of", { count: numberText(rule.fixes, 0) })}
        </Button>
      ) : null}
      <Button disabled={work.busy} onClick={() => setAsking("exceptions")}>
        {t("deliveries.except_all", { count: numberText(rule.open, 0) })}
      </Button>
    </div>
  )
}
