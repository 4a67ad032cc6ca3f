import type { OrderView } from "../../api.ts"
import { Ago, Icon, numberText, unitText } from "../../kit/index.ts"
import { cityNow, minuteText } from "../../time.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { Hold } from "./hold.tsx"
import { useDraft } from "./kept.ts"
import { Mini, Notes, type Take } from "./parts.tsx"
import { CameraButton, PhotoRow } from "./photo-row.tsx"
import { retreatRule } from "./retreat.ts"

/** 2 现场: the steps to tick off, the reading now, photos. */
export function OnSite({ order, now, act }: { order: OrderView; now: number; act: Take }) {
  const { t, pick } = useWords()
  const [, setUrl] = useUrl()
  const [draft, keep] = useDraft(order.id)
  const m = order.measured
  const next = order.steps.findIndex((_, i) => !draft.steps[i])
  const ticked = order.steps.filter((_, i) => draft.steps[i]).length
  const retreat = retreatRule(order.steps)
  const caption = next < 0 ? t("response.photo") : t("field.step", { count: next + 1 })
  const tick = (i: number) => {
    const steps = { ...draft.steps }
    if (steps[i]) delete steps[i]
    else steps[i] = cityNow()
    keep({ steps })
  }
  return (
    <>
      <Mini order={order} now={now} />
      <div className="fscroll">
        <Notes order={order} problem={act.problem} />
        {order.steps.length ? (
          <>
            <div className="lab">
              {t("response.steps")}
              <span>
                {ticked} / {order.steps.length}
              </span>
            </div>
            {order.steps.map((step, i) => (
              <button
                key={step.zh}
                type="button"
                className={`fl ${draft.steps[i] ? "d" : i === next ? "n" : ""}`}
                aria-pressed={draft.steps[i] !== undefined}
                onClick={() => tick(i)}
              >
                <span className="bx">{draft.steps[i] ? <Icon name="check" size="m" /> : null}</span>
                <span className="tx">{pick(step)}</span>
                {draft.steps[i] ? <span>{minuteText(draft.steps[i])}</span> : null}
              </button>
            ))}
          </>
        ) : null}
        {m ? (
          <>
            <div className="lab">
              {t("field.reading")}
              <span>{m.time === null ? "" : <Ago time={m.time} now={now} />}</span>
            </div>
            <div className="fval">
              <b>{numberText(m.value)}</b>
              <div>
                {unitText(m.unit)} · {m.name}
              </div>
              <div className="f15">
                {t(`response.condition.${m.condition}`)} ·{" "}
                {t("response.normal", { count: m.normal_count, needed: m.normal_needed })}
              </div>
            </div>
          </>
        ) : null}
        <div className="lab">
          {t("response.photos")}
          <span>{t("field.photo_note")}</span>
        </div>
        <PhotoRow order={order} caption={caption} />
        {retreat ? (
          <div className="fbox">
            <b>{t("field.retreat")}</b> {pick(retreat)}
          </div>
        ) : null}
        <div style={{ height: 14 }} />
      </div>
      <div className="foot">
        {order.actions.includes("handle") ? (
          <Hold disabled={act.busy} onDone={() => void act.take("handle")}>
            <Icon name="response" size="m" />
            {t("field.hold_handle")}
          </Hold>
        ) : order.state === "handling" && !order.suspended ? (
          <div className="ftwo">
            <CameraButton order={order} caption={caption} className="fb o cam">
              <Icon name="camera" size="m" />
            </CameraButton>
            <button type="button" className="fb" onClick={() => setUrl({ order: String(order.id), step: "report" })}>
              {t("field.to_report")}
              <Icon name="right" size="m" />
            </button>
          </div>
        ) : (
          <div className="fnone">{order.suspended ? t("field.suspended") : t("response.no_action")}</div>
        )}
      </div>
    </>
  )
}
