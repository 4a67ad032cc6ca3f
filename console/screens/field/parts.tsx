import { type ReactNode, useState } from "react"
import type { OrderView } from "../../api.ts"
import { clockLeft, Icon, LevelShape } from "../../kit/index.ts"
import { durationText } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { shapeState, shortTitle } from "../response/orders.ts"
import type { OrderActionName, useOrderActions } from "../response/take.ts"

export type Take = ReturnType<typeof useOrderActions>

/** Shape, title and clock in one line, on every step but the first. */
export function Mini({ order, now, title }: { order: OrderView; now: number; title?: string }) {
  const { t, pick } = useWords()
  const clock = order.clock
  const over = clock ? clockLeft(clock, now).over : false
  return (
    <div className="mini">
      <LevelShape level={order.severity} state={shapeState(order)} />
      <b className="ti">{title ?? shortTitle(order)}</b>
      {clock ? (
        <div className="cl">
          <span>
            {order.suspended
              ? t("response.mark.suspended")
              : t(over ? "response.over" : "response.left", { what: pick(clock.name) })}
          </span>
          <b className={over ? "c1" : ""}>{durationText(clock.ends_at - now)}</b>
        </div>
      ) : null}
    </div>
  )
}

/** What stands between the crew and the next step, in a heavy frame. */
export function Box({ children }: { children: ReactNode }) {
  return <div className="fbox">{children}</div>
}

/** Why it came back, why it stands still, what the server refused. */
export function Notes({ order, problem }: { order: OrderView; problem: string | null }) {
  const { t } = useWords()
  const last = order.history.findLast((h) => ["report", "rework", "suspend", "resume"].includes(h.action))
  const note = (last?.detail as { note?: string | null } | undefined)?.note
  return (
    <>
      {order.suspended ? (
        <Box>
          <b>{t("field.suspended")}</b> {note}
        </Box>
      ) : last?.action === "rework" && order.state === "handling" ? (
        <Box>
          <b>{t("field.rework")}</b> {note}
        </Box>
      ) : null}
      {problem ? (
        <div className="fprob" role="alert">
          <b>{t("field.refused")}</b> {problem}
        </div>
      ) : null}
    </>
  )
}

/** "Cannot go": a dispatcher returns the order, a crew tells the duty desk. */
export function CannotGo({ order, act, onDone }: { order: OrderView; act: Take; onDone(): void }) {
  const { t } = useWords()
  const [note, setNote] = useState("")
  const action: OrderActionName = order.actions.includes("return") ? "return" : "note"
  const give = async () => {
    const text = action === "note" ? `${t("field.cannot_go")}：${note.trim()}` : note.trim()
    if (await act.take(action, { note: text })) onDone()
  }
  return (
    <div className="fsheet">
      <div className="in">
        <b className="h">{t(action === "return" ? "field.return_title" : "field.cannot_title")}</b>
        <div className="fq">
          {t("response.reasons.return")
            .split("|")
            .map((reason) => (
              <button
                key={reason}
                type="button"
                className={`ft ${note === reason ? "on" : ""}`}
                onClick={() => setNote(reason)}
              >
                {reason}
              </button>
            ))}
        </div>
        <textarea
          rows={2}
          value={note}
          maxLength={900}
          placeholder={t("field.reason")}
          aria-label={t("field.reason")}
          onChange={(event) => setNote(event.target.value)}
        />
        {act.problem ? (
          <div className="fprob" role="alert">
            {act.problem}
          </div>
        ) : null}
        <button type="button" className="fb" disabled={!note.trim() || act.busy} onClick={() => void give()}>
          {t(action === "return" ? "response.act.return" : "field.tell")}
        </button>
        <button type="button" className="fb o" onClick={onDone}>
          <Icon name="close" size="m" />
          {t("response.cancel")}
        </button>
      </div>
    </div>
  )
}
