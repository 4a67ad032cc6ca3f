import { useState } from "react"
import { everything, type Role, type Scope } from "../../../model/index.ts"
import { can, type OrganisationRow, post, remove, type UserRow, useGet, useMe } from "../../api.ts"
import { useKeys } from "../../frame/index.ts"
import {
  Ago,
  Button,
  type Column,
  DataList,
  Field,
  Inspector,
  InspectorHead,
  ScreenHead,
  SearchField,
  Section,
  usePages,
} from "../../kit/index.ts"
import { exactText } from "../../time.ts"
import { parseSelection, useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { Once } from "./once.tsx"
import { ScopeFields, useScopeText } from "./scope-fields.tsx"
import { useAct } from "./use-act.ts"

/** People: accounts, what each may do and within which scope, one-time links for passwords. */
export function Users() {
  const { t, pick } = useWords()
  const me = useMe().data
  const [search, setUrl] = useUrl()
  const organisations = useGet<OrganisationRow[]>("organisation", "/api/access/organisations").data ?? []
  const selection = parseSelection(search.sel)
  const id = selection?.kind === "user" ? selection.id : null
  const adding = search.sel === "new"
  const close = () => setUrl({ sel: undefined })
  useKeys({ Escape: close })
  const loaded = usePages<UserRow>("user", "/api/access/users", { q: search.q, sort: search.sort })
  const user = loaded.data?.pages.flatMap((p) => p.items).find((u) => u.id === id)
  const columns: Column<UserRow>[] = [
    { id: "name", title: t("list.name"), width: "minmax(110px,1fr)", cell: (u) => <b className="mid">{u.name}</b> },
    { id: "login", title: t("login.account"), width: "110px", cell: (u) => <span className="m">{u.login}</span> },
    {
      id: "organisation",
      title: t("settings.organisation"),
      width: "minmax(110px,1fr)",
      cell: (u) => pick(organisations.find((o) => o.id === u.organisation_id)?.name) || "—",
    },
    {
      id: "roles",
      title: t("settings.role"),
      width: "minmax(120px,1.2fr)",
      cell: (u) =>
        [...new Set(u.grants.map((g) => t(`role.${g.role}`)))].join("、") || (
          <span className="i3">{t("settings.no_grant")}</span>
        ),
    },
    {
      id: "state",
      title: t("monitoring.state"),
      width: "80px",
      cell: (u) =>
        !u.active ? (
          <b>{t("settings.off")}</b>
        ) : u.locked_until !== null && u.locked_until > Date.now() ? (
          <b>{t("settings.locked")}</b>
        ) : (
          t("settings.on")
        ),
    },
    {
      id: "last",
      title: t("settings.last_login"),
      width: "90px",
      right: true,
      cell: (u) => (u.last_login_at === null ? "—" : <Ago time={u.last_login_at} now={Date.now()} />),
    },
  ]
  return (
    <>
      <section className="panel">
        <ScreenHead title={t("settings.users")}>
          {can(me, "access.write") ? (
            <Button kind="primary" onClick={() => setUrl({ sel: "new" })}>
              {t("settings.add_user")}
            </Button>
          ) : null}
        </ScreenHead>
        <div className="filters">
          <SearchField placeholder={t("settings.search_user")} />
        </div>
        <DataList
          kind="user"
          path="/api/access/users"
          query={{ q: search.q }}
          columns={columns}
          idOf={(u) => u.id}
          selected={id}
          onSelect={(u) => setUrl({ sel: `user:${u.id}` })}
          label={t("settings.users")}
          mark={(u) => (u.active ? "" : "off")}
        />
      </section>
      {adding ? (
        <NewUser organisations={organisations} onClose={close} />
      ) : user ? (
        <UserInspector key={user.id} user={user} write={can(me, "access.write")} onClose={close} />
      ) : null}
    </>
  )
}

const absolute = (link: string): string => new URL(link, location.origin).href

function NewUser({ organisations, onClose }: { organisations: OrganisationRow[]; onClose(): void }) {
  const { t, pick } = useWords()
  const [login, setLogin] = useState("")
  const [name, setName] = useState("")
  const [organisation, setOrganisation] = useState("")
  const [link, setLink] = useState<string | null>(null)
  const act = useAct<{ id: number; link: string }>(["user"], (made) => setLink(absolute(made.link)))
  return (
    <Inspector label={t("settings.add_user")}>
      <InspectorHead title={t("settings.add_user")} onClose={onClose} />
      {link ? (
        <Section>
          <Once title={t("settings.link_of", { name })} secret={link} onDone={onClose} />
        </Section>
      ) : (
        <Section>
          <form
            className="col"
            style={{ gap: 12 }}
            onSubmit={(event) => {
              event.preventDefault()
              act.mutate(() =>
                post("/api/access/users", { login, name, organisation_id: organisation ? Number(organisation) : null }),
              )
            }}
          >
            <Field label={t("login.account")} note={t("settings.login_rule")}>
              <span className="in">
                <input
                  required
                  minLength={3}
                  maxLength={40}
                  pattern="[a-zA-Z0-9._\-]+"
                  value={login}
                  onChange={(event) => setLogin(event.target.value)}
                />
              </span>
            </Field>
            <Field label={t("one_time.name")}>
              <span className="in">
                <input required maxLength={40} value={name} onChange={(event) => setName(event.target.value)} />
              </span>
            </Field>
            <Field label={t("settings.organisation")}>
              <span className="in">
                <select value={organisation} onChange={(event) => setOrganisation(event.target.value)}>
                  <option value="">—</option>
                  {organisations.map((o) => (
                    <option key={o.id} value={o.id}>
                      {pick(o.name)}
                    </option>
                  ))}
                </select>
              </span>
            </Field>
            <Button type="submit" kind="primary" large disabled={act.isPending}>
              {t("settings.create")}
            </Button>
          </form>
        </Section>
      )}
    </Inspector>
  )
}

function UserInspector({ user, write, onClose }: { user: UserRow; write: boolean; onClose(): void }) {
  const { t } = useWords()
  const scopeText = useScopeText()
  const [link, setLink] = useState<string | null>(null)
  const [granting, setGranting] = useState(false)
  const [role, setRole] = useState<Role>("duty_officer")
  const [scope, setScope] = useState<Scope>(everything)
  const act = useAct<unknown>(["user"])
  const makeLink = useAct<{ link: string }>(["user"], (made) => setLink(absolute(made.link)))
  const grant = useAct<unknown>(["user"], () => setGranting(false))
  return (
    <Inspector
      label={user.name}
      actions={
        write ? (
          <div className="row g8">
            <Button
              large
              className="sp"
              disabled={makeLink.isPending}
              onClick={() => makeLink.mutate(() => post(`/api/access/users/${user.id}/link`))}
            >
              {t("settings.new_link")}
            </Button>
            <Button
              large
              className="sp"
              disabled={act.isPending}
              onClick={() => act.mutate(() => post(`/api/access/users/${user.id}/active`, { active: !user.active }))}
            >
              {t(user.active ? "settings.switch_off" : "settings.switch_on")}
            </Button>
          </div>
        ) : undefined
      }
    >
      <InspectorHead
        marks={user.active ? null : <span className="chip on">{t("settings.off")}</span>}
        title={user.name}
        code={user.login}
        place={
          user.last_login_at === null
            ? t("settings.never_in")
            : `${t("settings.last_login")} ${exactText(user.last_login_at)}`
        }
        onClose={onClose}
      />
      {link ? (
        <Section>
          <Once title={t("settings.link_of", { name: user.name })} secret={link} onDone={() => setLink(null)} />
        </Section>
      ) : null}
      <Section title={t("settings.grants")} note={String(user.grants.length)}>
        {user.grants.map((g) => (
          <div key={g.id} className="row g8 bb" style={{ padding: "6px 0" }}>
            <b className="mid nw1">{t(`role.${g.role}`)}</b>
            <span className="i2 f12">{scopeText(g.scope as Scope)}</span>
            <span className="sp" />
            {write ? (
              <button
                type="button"
                className="lk f12 nw1"
                disabled={act.isPending}
                onClick={() => act.mutate(() => remove(`/api/access/users/${user.id}/grants/${g.id}`))}
              >
                {t("settings.take_back")}
              </button>
            ) : null}
          </div>
        ))}
        {user.grants.length === 0 ? <span className="f12 i3">{t("settings.no_grant")}</span> : null}
      </Section>
      {write ? (
        <Section title={t("settings.grant")}>
          {granting ? (
            <div className="col" style={{ gap: 12 }}>
              <ScopeFields role={role} scope={scope} onRole={setRole} onScope={setScope} />
              <div className="row g8">
                <Button
                  kind="primary"
                  disabled={grant.isPending}
                  onClick={() => grant.mutate(() => post(`/api/access/users/${user.id}/grants`, { role, scope }))}
                >
                  {t("settings.grant")}
                </Button>
                <Button onClick={() => setGranting(false)}>{t("warning.cancel")}</Button>
              </div>
            </div>
          ) : (
            <Button onClick={() => setGranting(true)}>{t("settings.grant")}…</Button>
          )}
        </Section>
      ) : null}
    </Inspector>
  )
}
