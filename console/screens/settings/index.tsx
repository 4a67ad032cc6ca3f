import { can, useMe } from "../../api.ts"
import { Notice, useView } from "../../kit/index.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { Audit } from "./audit.tsx"
import { Organisations } from "./organisations.tsx"
import { Tokens } from "./tokens.tsx"
import { Users } from "./users.tsx"

const all = [
  { id: "users", permission: "access.read" },
  { id: "organisations", permission: "access.read" },
  { id: "tokens", permission: "access.read" },
  { id: "audit", permission: "audit.read" },
] as const

/** 设置: people, organisations, tokens, audit; each part belongs to one of the three separate administrators. */
export default function Settings() {
  const { t } = useWords()
  const me = useMe().data
  const [, setUrl] = useUrl()
  const allowed = all.filter((part) => can(me, part.permission))
  const view = useView(allowed.length ? allowed.map((p) => p.id) : (["users"] as const))
  return (
    <main className="main settings">
      <nav className="panel br" aria-label={t("rail.settings")}>
        <div className="ph">
          <h2>{t("rail.settings")}</h2>
        </div>
        {allowed.map((part) => (
          <button
            key={part.id}
            type="button"
            className={`nav ${part.id === view ? "sel" : ""}`}
            aria-current={part.id === view ? "page" : undefined}
            onClick={() => setUrl({ view: part.id, q: undefined, sel: undefined })}
          >
            {t(`settings.${part.id}`)}
          </button>
        ))}
        {can(me, "operate.read") ? (
          <a className="nav" href="/debug">
            {t("settings.debug")}
          </a>
        ) : null}
        <span className="sp" />
        <div className="f12 i3" style={{ padding: 12 }}>
          {t("settings.three")}
        </div>
      </nav>
      {allowed.length === 0 ? (
        <Notice icon="lock" title={t("settings.nothing")} text={t("settings.nothing_text")} />
      ) : view === "users" ? (
        <Users />
      ) : view === "organisations" ? (
        <Organisations />
      ) : view === "tokens" ? (
        <Tokens />
      ) : (
        <Audit />
      )}
    </main>
  )
}
