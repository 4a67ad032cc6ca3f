import type { OrderView } from "../../api.ts"
import { Icon, numberText, unitText } from "../../kit/index.ts"
import { minuteText } from "../../time.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { Mini, type Take } from "./parts.tsx"
import { PhotoRow } from "./photo-row.tsx"

/** The report is in: who has it now, what the sensor says, what was sent. */
export function Finished({ order, now }: { order: OrderView; now: number; act: Take }) {
  const { t, pick, language } = useWords()
  const [, setUrl] = useUrl()
  const m = order.measured
  return (
    <>
      <Mini order={order} now={now} />
      <div className="fscroll">
        <div className="fdone">
          <span className="bx">
            <Icon name="check" size="l" />
          </span>
          <b>{t(`field.finished.${order.state}`)}</b>
          <span>{t(`field.finished_text.${order.state}`)}</span>
        </div>
        {m && order.state !== "closed" ? (
          <>
            <div className="lab">{t("field.reading")}</div>
            <div className="fval">
              <b>{numberText(m.value)}</b>
              <div>
                {unitText(m.unit)} · {m.name}
              </div>
              <div className="f15">{t("response.normal", { count: m.normal_count, needed: m.normal_needed })}</div>
            </div>
          </>
        ) : null}
        <div className="lab">{t("response.history")}</div>
        <ol className="fsteps">
          {order.history.slice(-8).map((h) => {
            const note = (h.detail as { note?: string | null } | null)?.note
            return (
              <li key={`${h.time}${h.action}${note ?? ""}`}>
                <b>{minuteText(h.time)}</b>
                <span>
                  {language === "en" && h.actor === "系统" ? t("response.system") : h.actor} {pick(h.words)}
                  {note ? `：${note}` : ""}
                </span>
              </li>
            )
          })}
        </ol>
        {order.state === "closed" ? null : (
          <>
            <div className="lab">{t("response.photos")}</div>
            <PhotoRow order={order} caption={t("field.supplement")} />
          </>
        )}
        <div style={{ height: 14 }} />
      </div>
      <div className="foot">
        <button type="button" className="fb" onClick={() => setUrl({ order: undefined, step: undefined, list: "1" })}>
          {t("field.all_orders")}
        </button>
      </div>
    </>
  )
}
