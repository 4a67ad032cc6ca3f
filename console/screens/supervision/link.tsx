import { can, type LinkView, useGet, useMe } from "../../api.ts"
import { Ago, Icon, Section } from "../../kit/index.ts"
import { useWords } from "../../words/index.ts"

/** The link to the province: through, waiting or refused, with what waits to be sent. */
export function Link() {
  const { t } = useWords()
  const me = useMe().data
  const link = useGet<LinkView>(
    "link",
    can(me, "federation.read") ? "/api/federation/link" : null,
    {},
    { every_ms: 15_000 },
  )
  return (
    <>
      {link.data ? (
        <Section title={t("supervision.link")}>
          <div className="row g6">
            <Icon name={link.data.state === "ok" ? "check" : link.data.state === "off" ? "province" : "warning"} />
            <b>{t(`supervision.link_state.${link.data.state}`)}</b>
            <span className="sp" />
            {link.data.waiting > 0 ? <span>{t("top.waiting", { count: link.data.waiting })}</span> : null}
          </div>
          <div className="f12 i3" style={{ marginTop: 3, overflowWrap: "anywhere" }}>
            {link.data.configured ? link.data.url : t("supervision.link_off")}
            {link.data.last_ok_at !== null ? (
              <>
                {" · "}
                <Ago time={link.data.last_ok_at} now={Date.now()} />
              </>
            ) : null}
          </div>
          {link.data.last_problem ? <div className="note">{link.data.last_problem}</div> : null}
        </Section>
      ) : null}
    </>
  )
}
