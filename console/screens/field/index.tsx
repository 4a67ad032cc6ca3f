import "./field.css"
import { useEffect } from "react"
import { useMe } from "../../api.ts"
import { Failed, Icon, Loading } from "../../kit/index.ts"
import { connectLive } from "../../live.ts"
import { minuteText, useCityNow } from "../../time.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { useOrder, useOrders } from "../response/orders.ts"
import { useOrderActions } from "../response/take.ts"
import { useConnected } from "../wall/connected.ts"
import { useFixedTheme } from "../wall/fixed-theme.ts"
import { Finished } from "./finished.tsx"
import { FieldList } from "./list.tsx"
import { useUploads } from "./photo-row.tsx"
import { Received } from "./received.tsx"
import { Report } from "./report.tsx"
import { OnSite } from "./site.tsx"

const working = new Set(["assigned", "accepted", "arrived", "handling"])

/** 现场: one order, one big button; for crews and owner dispatchers on a phone, always in daylight colours. */
export default function FieldScreen() {
  return useFixedTheme("light") ? <Screen /> : null
}

function Screen() {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const now = useCityNow()
  const me = useMe().data
  const orders = useOrders(me?.organisation ? "mine" : "open", "", 100)
  const open = orders.data?.items.filter((o) => working.has(o.state)) ?? []
  const asked = Number(search.order)
  // With only one order there is nothing to choose.
  const only = !search.list && open.length === 1 ? open[0]!.id : null
  const id = asked > 0 ? asked : only
  const order = useOrder(id)
  const act = useOrderActions(order.data)
  const point = order.data?.measured?.point ?? null
  useEffect(() => connectLive(point === null ? [] : [point]), [point])
  const view = order.data
  return (
    <div className="fp">
      <Net
        failing={orders.isError || order.isError}
        order_id={id}
        count={open.length}
        now={now}
        {...(id === null ? {} : { onBack: () => setUrl({ order: undefined, step: undefined, list: "1" }) })}
      />
      {id === null ? (
        <FieldList orders={orders} now={now} />
      ) : !view ? (
        <div className="fscroll">
          {order.error ? <Failed error={order.error} retry={() => void order.refetch()} /> : <Loading />}
          {order.error ? (
            <div style={{ padding: "0 20px" }}>
              <button type="button" className="fb o" onClick={() => setUrl({ order: undefined, list: "1" })}>
                {t("field.all_orders")}
              </button>
            </div>
          ) : null}
        </div>
      ) : view.state === "assigned" || view.state === "accepted" ? (
        <Received key={view.id} order={view} now={now} act={act} />
      ) : view.state === "handling" && search.step === "report" ? (
        <Report key={view.id} order={view} now={now} act={act} />
      ) : view.state === "arrived" || view.state === "handling" ? (
        <OnSite key={view.id} order={view} now={now} act={act} />
      ) : (
        <Finished key={view.id} order={view} now={now} act={act} />
      )}
    </div>
  )
}

/** Connected or not, how many photos are still on their way, who this is. */
function Net({
  failing,
  order_id,
  count,
  now,
  onBack,
}: {
  failing: boolean
  order_id: number | null
  count: number
  now: number
  onBack?: () => void
}) {
  const { t } = useWords()
  const me = useMe().data
  const live = useConnected()
  const waiting = useUploads(order_id ?? 0).length
  const off = !live || failing
  const [search, setUrl] = useUrl()
  const back = search.step === "report" ? () => setUrl({ step: undefined }) : onBack
  return (
    <div className={`net ${off ? "off" : ""}`} role="status">
      {back ? (
        <button type="button" className="bk" onClick={back}>
          <svg className="ic" viewBox="0 0 20 20" aria-hidden="true">
            <path d="M13 4l-6 6 6 6" />
          </svg>
          {search.step === "report" ? t("field.site") : t("field.all", { count })}
        </button>
      ) : null}
      {off ? (
        <svg className="ic s" viewBox="0 0 20 20" aria-hidden="true">
          <path d="M6 15.5a3.5 3.5 0 0 1-.3-7A4.5 4.5 0 0 1 14.3 8 3.8 3.8 0 0 1 14 15.5zM3 3l14 14" />
        </svg>
      ) : (
        <Icon name="check" />
      )}
      <span className="el">
        {t(off ? "field.offline" : "field.online")}
        {waiting ? ` · ${t("field.waiting", { count: waiting })}` : ""}
      </span>
      <span className="sp" />
      <span className="el">{off ? (back ? "" : t("field.offline_text")) : waiting ? "" : me?.name}</span>
      <b>{minuteText(now)}</b>
    </div>
  )
}
