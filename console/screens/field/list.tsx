import { client, type OrderRow, remove } from "../../api.ts"
import { clockLeft, Failed, Icon, LevelShape, Loading } from "../../kit/index.ts"
import { durationText, minuteText } from "../../time.ts"
import { useUrl } from "../../url.ts"
import { languageStore, useWords } from "../../words/index.ts"
import { shapeState, shortTitle, useOrders } from "../response/orders.ts"

/** All orders of this person's organisation: those to work on, those handed in, the last closed ones. */
export function FieldList({ orders, now }: { orders: ReturnType<typeof useOrders>; now: number }) {
  const { t } = useWords()
  const closed = useOrders("closed", "", 5).data?.items ?? []
  const items = orders.data?.items ?? []
  const working = items.filter((o) => !["reported", "rechecked"].includes(o.state))
  const handed = items.filter((o) => ["reported", "rechecked"].includes(o.state))
  const leave = async () => {
    await remove("/api/session")
    client.clear()
    location.href = "/"
  }
  return (
    <>
      <div className="mini">
        <b className="ti">{t("field.my_orders")}</b>
        <b style={{ fontSize: 22 }}>{working.length}</b>
      </div>
      <div className="fscroll">
        {!orders.data ? (
          orders.error ? (
            <Failed error={orders.error} retry={() => void orders.refetch()} />
          ) : (
            <Loading />
          )
        ) : working.length === 0 ? (
          <div className="fdone">
            <span className="bx">
              <Icon name="check" size="l" />
            </span>
            <b>{t("field.none")}</b>
            <span>{t("field.none_text")}</span>
          </div>
        ) : (
          working.map((order) => <Item key={order.id} order={order} now={now} />)
        )}
        {handed.length ? <div className="lab">{t("field.handed_in")}</div> : null}
        {handed.map((order) => (
          <Item key={order.id} order={order} now={now} />
        ))}
        {closed.length ? <div className="lab">{t("field.closed")}</div> : null}
        {closed.map((order) => (
          <Item key={order.id} order={order} now={now} />
        ))}
      </div>
      <div className="foot low">
        <div className="fq">
          <button
            type="button"
            className="fb o"
            onClick={() => languageStore.set(languageStore.get() === "zh" ? "en" : "zh")}
          >
            {t("top.language")}
          </button>
          <button type="button" className="fb o" onClick={() => void leave()}>
            {t("top.sign_out")}
          </button>
        </div>
      </div>
    </>
  )
}

function Item({ order, now }: { order: OrderRow; now: number }) {
  const { t, pick } = useWords()
  const [, setUrl] = useUrl()
  const clock = order.clock && !order.suspended ? clockLeft(order.clock, now) : null
  return (
    <button type="button" className="fitem" onClick={() => setUrl({ order: String(order.id), list: undefined })}>
      <LevelShape level={order.severity} state={shapeState(order)} />
      <span className="tx">
        <b>{shortTitle(order)}</b>
        <span>{pick(order.place)}</span>
        <span>
          {t(`response.state.${order.state}`)}
          {order.marks.includes("urged") ? ` · ${t("response.mark.urged")}` : ""}
          {order.suspended ? ` · ${t("response.mark.suspended")}` : ""}
        </span>
      </span>
      <span className="cl">
        {order.state === "closed" ? (
          <span>{order.closed_at === null ? "" : minuteText(order.closed_at)}</span>
        ) : (
          <>
            <b className={clock?.over ? "c1" : ""}>{clock ? durationText((order.clock?.ends_at ?? now) - now) : "—"}</b>
            <span>{pick(order.clock?.name)}</span>
          </>
        )}
      </span>
    </button>
  )
}
