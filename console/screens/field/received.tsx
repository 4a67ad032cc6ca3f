import { useState } from "react"
import type { OrderView } from "../../api.ts"
import { clockLeft, Icon, LevelShape, numberText, unitText } from "../../kit/index.ts"
import { durationText, minuteText } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { useNames } from "../names.ts"
import { shapeState, shortTitle } from "../response/orders.ts"
import { Place } from "../response/place.tsx"
import { Hold } from "./hold.tsx"
import { CannotGo, Notes, type Take } from "./parts.tsx"

const first_steps = 3

/** 1 接单: what, where, until when; hold to accept and go, hold again on arrival. */
export function Received({ order, now, act }: { order: OrderView; now: number; act: Take }) {
  const { t, pick } = useWords()
  const names = useNames()
  const [leaving, setLeaving] = useState(false)
  const clock = order.clock
  const over = clock ? clockLeft(clock, now).over : false
  const going = order.state === "accepted"
  const m = order.measured
  return (
    <>
      <div className="fscroll">
        <div className={`hd ${order.severity === 1 ? "red" : ""}`}>
          <div className="lvl">
            <LevelShape level={order.severity} state={shapeState(order)} />
            {t("response.level_warning", { grade: t(`grade.${order.severity}`) })} · {names.lifeline(order.lifeline)}
          </div>
          <h1>
            {shortTitle(order)}{" "}
            {m && m.value !== null ? <span className="nw1">{`${numberText(m.value)} ${unitText(m.unit)}`}</span> : null}
          </h1>
          <div className="pl">{pick(order.place)}</div>
          <div className="ck">
            <div>
              <div className="f15">
                {clock ? t(over ? "response.over" : "response.left", { what: pick(clock.name) }) : ""}
              </div>
              <div className={`clk ${over && order.severity !== 1 ? "c1" : ""}`}>
                {clock ? durationText(clock.ends_at - now) : "—"}
              </div>
            </div>
            <div className="rt f15">
              {t("field.assigned", { time: minuteText(order.assigned_at) })}
              <br />
              {order.code}
            </div>
          </div>
        </div>
        <div className="fmap">{order.lon_lat ? <Place order={order} zoom={16} names={1.3} /> : null}</div>
        <Notes order={order} problem={act.problem} />
        {order.steps.length ? (
          <>
            <div className="lab">{t("field.before")}</div>
            <ol className="fsteps">
              {order.steps.slice(0, first_steps).map((step, i) => (
                <li key={step.zh}>
                  <b>{i + 1}</b>
                  {pick(step)}
                </li>
              ))}
              {order.steps.length > first_steps ? (
                <li className="more">{t("field.more_steps", { count: order.steps.length - first_steps })}</li>
              ) : null}
            </ol>
          </>
        ) : (
          <div className="fbox">{order.warning_text}</div>
        )}
      </div>
      <div className="foot">
        {order.actions.includes(going ? "arrive" : "accept") ? (
          <Hold disabled={act.busy} onDone={() => void act.take(going ? "arrive" : "accept")}>
            <Icon name={going ? "locate" : "check"} size="m" />
            {t(going ? "field.hold_arrive" : "field.hold_accept")}
          </Hold>
        ) : (
          <div className="fnone">{order.suspended ? t("field.suspended") : t("response.no_action")}</div>
        )}
        <div className="fq">
          {order.lon_lat ? (
            <a className="fb o" href={`geo:${order.lon_lat[1]},${order.lon_lat[0]}`}>
              <Icon name="forward" size="m" />
              {t("field.navigate")}
            </a>
          ) : null}
          <button type="button" className="fb o" onClick={() => setLeaving(true)}>
            {t(going ? "field.tell_desk" : "field.cannot_go")}…
          </button>
        </div>
      </div>
      {leaving ? <CannotGo order={order} act={act} onDone={() => setLeaving(false)} /> : null}
    </>
  )
}
