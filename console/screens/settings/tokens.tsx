import { useState } from "react"
import { everything, type Role, type Scope } from "../../../model/index.ts"
import { can, post, remove, type TokenRow, useGet, useMe } from "../../api.ts"
import {
  Ago,
  Button,
  Field,
  Inspector,
  InspectorHead,
  Notice,
  ScreenHead,
  Section,
  ShortList,
  Shown,
} from "../../kit/index.ts"
import { exactText } from "../../time.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { Once } from "./once.tsx"
import { ScopeFields, useScopeText } from "./scope-fields.tsx"
import { useAct } from "./use-act.ts"

/** API tokens: grants without a person, shown once, revocable. */
export function Tokens() {
  const { t } = useWords()
  const me = useMe().data
  const [search, setUrl] = useUrl()
  const scopeText = useScopeText()
  const query = useGet<TokenRow[]>("token", "/api/access/tokens")
  const act = useAct<unknown>(["token"])
  const write = can(me, "access.write")
  return (
    <>
      <section className="panel">
        <ScreenHead title={t("settings.tokens")} note={t("settings.tokens_note")}>
          {write ? (
            <Button kind="primary" onClick={() => setUrl({ sel: "new" })}>
              {t("settings.add_token")}
            </Button>
          ) : null}
        </ScreenHead>
        <div className="scroll">
          <Shown query={query}>
            {(rows) => (
              <ShortList
                label={t("settings.tokens")}
                rows={rows}
                idOf={(k) => k.id}
                empty={<Notice icon="lock" title={t("settings.no_tokens")} text={t("settings.no_tokens_text")} />}
                columns={[
                  { id: "name", title: t("list.name"), width: "1fr", cell: (k) => <b className="mid">{k.name}</b> },
                  { id: "role", title: t("settings.role"), width: "130px", cell: (k) => t(`role.${k.grant.role}`) },
                  {
                    id: "scope",
                    title: t("settings.scope"),
                    width: "1fr",
                    cell: (k) => scopeText(k.grant.scope as Scope),
                  },
                  {
                    id: "made",
                    title: t("settings.made"),
                    width: "150px",
                    cell: (k) => <span className="i2">{exactText(k.created_at)}</span>,
                  },
                  {
                    id: "used",
                    title: t("settings.used"),
                    width: "90px",
                    cell: (k) => (k.last_used_at === null ? "—" : <Ago time={k.last_used_at} now={Date.now()} />),
                  },
                  {
                    id: "end",
                    title: "",
                    width: "80px",
                    right: true,
                    cell: (k) =>
                      k.revoked_at !== null ? (
                        <b title={exactText(k.revoked_at)}>{t("settings.revoked")}</b>
                      ) : write ? (
                        <button
                          type="button"
                          className="lk"
                          disabled={act.isPending}
                          onClick={() => act.mutate(() => remove(`/api/access/tokens/${k.id}`))}
                        >
                          {t("settings.revoke")}
                        </button>
                      ) : null,
                  },
                ]}
              />
            )}
          </Shown>
        </div>
      </section>
      {search.sel === "new" && write ? <NewToken onClose={() => setUrl({ sel: undefined })} /> : null}
    </>
  )
}

function NewToken({ onClose }: { onClose(): void }) {
  const { t } = useWords()
  const [name, setName] = useState("")
  const [role, setRole] = useState<Role>("integrator")
  const [scope, setScope] = useState<Scope>(everything)
  const [token, setToken] = useState<string | null>(null)
  const act = useAct<{ token: string }>(["token"], (made) => setToken(made.token))
  return (
    <Inspector label={t("settings.add_token")}>
      <InspectorHead title={t("settings.add_token")} onClose={onClose} />
      <Section>
        {token ? (
          <Once title={t("settings.token_of", { name })} secret={token} onDone={onClose} />
        ) : (
          <form
            className="col"
            style={{ gap: 12 }}
            onSubmit={(event) => {
              event.preventDefault()
              act.mutate(() => post("/api/access/tokens", { name, role, scope }))
            }}
          >
            <Field label={t("list.name")}>
              <span className="in">
                <input required maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
              </span>
            </Field>
            <ScopeFields role={role} scope={scope} onRole={setRole} onScope={setScope} />
            <Button type="submit" kind="primary" large disabled={act.isPending || !name.trim()}>
              {t("settings.create")}
            </Button>
          </form>
        )}
      </Section>
    </Inspector>
  )
}
