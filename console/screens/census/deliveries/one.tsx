import type { DeliveryView } from "../../../../stages/census/staging/views.ts"
import { useKeys } from "../../../frame/index.ts"
import { Button, Icon, numberText, Shown } from "../../../kit/index.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { CheckStep } from "./check.tsx"
import { doIt, useDelivery, useDesk } from "./desk.ts"
import { FilesStep } from "./files.tsx"
import { IssuesStep } from "./issues.tsx"
import { StatusChip } from "./list.tsx"
import { useMayWork } from "./may-work.ts"
import { proposalsOf, type Step, stepOf, steps, tablesOf } from "./shapes.ts"
import { SubmitStep } from "./submit.tsx"
import { SystemStep } from "./system.tsx"
import { systemText } from "./system-text.ts"
import { TablesStep } from "./tables.tsx"

/** One delivery: where it stands in six steps, and the step that is open. */
export function DeliveryPage({ id }: { id: number }) {
  const query = useDelivery(id)
  return (
    <main className="main one">
      <section className="panel dv">
        <Shown query={query}>{(delivery) => <Opened delivery={delivery} />}</Shown>
      </section>
    </main>
  )
}

const bodies = {
  files: FilesStep,
  tables: TablesStep,
  system: SystemStep,
  check: CheckStep,
  issues: IssuesStep,
  submit: SubmitStep,
}

function Opened({ delivery }: { delivery: DeliveryView }) {
  const { pick } = useWords()
  const [search] = useUrl()
  const asked = steps.find((step) => step === search.step)
  // While it is checked there is nothing to look at but the check.
  const step = delivery.status === "checking" && asked !== "files" ? "check" : (asked ?? stepOf(delivery))
  const Body = bodies[step]
  return (
    <>
      <Head delivery={delivery} />
      <StepBar delivery={delivery} now={step} />
      {delivery.problem && step !== "check" ? (
        <p className="dv-note dv-problem" role="alert">
          <Icon name="warning" />
          <span>{pick(delivery.problem.words)}</span>
        </p>
      ) : null}
      <Body delivery={delivery} />
    </>
  )
}

function Head({ delivery }: { delivery: DeliveryView }) {
  const { t } = useWords()
  const [, setUrl] = useUrl()
  const may = useMayWork(delivery)
  const check = useDesk<DeliveryView>(() => setUrl({ step: "check" }))
  const stale = delivery.stale && delivery.rows !== null && delivery.files.length > 0 && delivery.status !== "checking"
  const recheck = () => check.mutate(() => doIt(delivery.id, "check"))
  useKeys({
    r: () => {
      if (stale && may && !check.isPending) recheck()
    },
  })
  const back = () =>
    setUrl({
      delivery: undefined,
      step: undefined,
      rule: undefined,
      issue: undefined,
      state: undefined,
      table: undefined,
      sort: undefined,
      q: undefined,
    })
  return (
    <div className="ph wrap">
      <button type="button" className="lk i3 nw1" onClick={back}>
        {t("deliveries.title")}
      </button>
      <span className="i3">/</span>
      <h2 className="el" title={delivery.name}>
        {delivery.name}
      </h2>
      <StatusChip status={delivery.status} />
      <span className="i3 f12 el">
        {t("deliveries.head", {
          id: delivery.id,
          source: delivery.source,
          kind: t(delivery.complete ? "deliveries.all_short" : "deliveries.part_short"),
        })}
      </span>
      <span className="sp" />
      {stale ? (
        <>
          <span className="chip dash" title={t("deliveries.stale_text")}>
            {t("deliveries.stale")}
          </span>
          {may ? (
            <Button kind="primary" hotkey="R" disabled={check.isPending} onClick={recheck}>
              {t("deliveries.recheck")}
            </Button>
          ) : null}
        </>
      ) : null}
    </div>
  )
}

function StepBar({ delivery, now }: { delivery: DeliveryView; now: Step }) {
  const { t } = useWords()
  const [, setUrl] = useUrl()
  return (
    <nav className="dv-steps" aria-label={t("deliveries.steps")}>
      {steps.map((step, i) => {
        const done = isDone(delivery, step)
        return (
          <button
            key={step}
            type="button"
            className={`${step === now ? "on" : ""} ${done ? "done" : ""}`}
            aria-current={step === now ? "step" : undefined}
            onClick={() => setUrl({ step, q: undefined, sort: undefined })}
          >
            <i>{done ? <Icon name="check" /> : i + 1}</i>
            <span>
              <b>{t(`deliveries.step.${step}`)}</b>
              <small>
                <StepNote delivery={delivery} step={step} />
              </small>
            </span>
          </button>
        )
      })}
    </nav>
  )
}

const afterCheck = (d: DeliveryView) => d.rows !== null

function isDone(d: DeliveryView, step: Step): boolean {
  switch (step) {
    case "files":
      return d.files.length > 0 && d.status !== "receiving"
    case "tables":
      return afterCheck(d) && tablesOf(d).every((table) => table.columns.every((c) => c.how !== "unknown"))
    case "system":
      return d.system !== null
    case "check":
      return afterCheck(d) && !d.stale && d.status !== "checking" && d.status !== "receiving"
    case "issues":
      return afterCheck(d) && d.status !== "checking" && d.rules.every((rule) => rule.open === 0)
    case "submit":
      return d.status === "published"
  }
}

/** Under each step's name: what there is, or what is left to do. */
function StepNote({ delivery: d, step }: { delivery: DeliveryView; step: Step }) {
  const { t } = useWords()
  const n = (count: number | null) => numberText(count, 0)
  if (step === "files") return t("deliveries.step_note.files", { count: d.files.length })
  // While a check runs nobody knows the issues.
  const unknown_now = step === "issues" && d.status === "checking"
  if (unknown_now || (step !== "system" && !afterCheck(d))) return t("deliveries.step_note.later")
  switch (step) {
    case "tables": {
      const unknown = tablesOf(d)
        .flatMap((table) => table.columns)
        .filter((c) => c.how === "unknown").length
      return unknown
        ? t("deliveries.step_note.unknown", { tables: tablesOf(d).length, count: unknown })
        : t("deliveries.step_note.tables", { tables: tablesOf(d).length })
    }
    case "system":
      return d.system
        ? systemText(d, t)
        : proposalsOf(d).length
          ? t("deliveries.step_note.proposals", { count: proposalsOf(d).length })
          : t("deliveries.step_note.later")
    case "check":
      return t("deliveries.step_note.check", { rows: n(d.rows) })
    case "issues": {
      const left = d.rules.reduce((sum, rule) => sum + rule.open, 0)
      const all = d.rules.reduce((sum, rule) => sum + rule.open + rule.fixed + rule.accepted, 0)
      return t("deliveries.step_note.issues", { done: n(all - left), left: n(left) })
    }
    case "submit":
      return t("deliveries.step_note.submit", { rows: n(d.publishable) })
  }
}
