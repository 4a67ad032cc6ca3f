import { useState } from "react"
import { can, type OrganisationRow, post, useGet, useMe } from "../../api.ts"
import { Button, Field, Inspector, InspectorHead, ScreenHead, Section, ShortList, Shown } from "../../kit/index.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { useAct } from "./use-act.ts"

const kinds = ["centre", "owner", "regulator", "emergency"]

/** Organisations: centre, owners of pipes, regulators. A code that exists is renamed. */
export function Organisations() {
  const { t, pick, language } = useWords()
  const me = useMe().data
  const [search, setUrl] = useUrl()
  const query = useGet<OrganisationRow[]>("organisation", "/api/access/organisations")
  const close = () => setUrl({ sel: undefined })
  const open = search.sel?.startsWith("organisation:") ? search.sel.slice(13) : null
  const chosen = query.data?.find((o) => o.code === open)
  return (
    <>
      <section className="panel">
        <ScreenHead title={t("settings.organisations")}>
          {can(me, "access.write") ? (
            <Button kind="primary" onClick={() => setUrl({ sel: "organisation:" })}>
              {t("settings.add_organisation")}
            </Button>
          ) : null}
        </ScreenHead>
        <div className="scroll">
          <Shown query={query}>
            {(rows) => (
              <ShortList
                label={t("settings.organisations")}
                rows={rows}
                idOf={(o) => o.code}
                selected={open}
                onSelect={(o) => setUrl({ sel: `organisation:${o.code}` })}
                columns={[
                  {
                    id: "code",
                    title: t("list.code"),
                    width: "140px",
                    cell: (o) => <span className="m">{o.code}</span>,
                  },
                  {
                    id: "name",
                    title: t("list.name"),
                    width: "1.4fr",
                    cell: (o) => <b className="mid">{pick(o.name)}</b>,
                  },
                  {
                    id: "other",
                    title: t("settings.other_name"),
                    width: "1.4fr",
                    cell: (o) => <span className="i2">{o.name[language === "zh" ? "en" : "zh"]}</span>,
                  },
                  {
                    id: "phone",
                    title: t("settings.phone"),
                    width: "150px",
                    cell: (o) => <span className="m">{o.phone ?? "—"}</span>,
                  },
                  {
                    id: "kind",
                    title: t("settings.kind"),
                    width: "120px",
                    cell: (o) => t(`settings.kind_of.${o.kind}`, { defaultValue: o.kind }),
                  },
                ]}
              />
            )}
          </Shown>
        </div>
      </section>
      {open !== null && can(me, "access.write") ? (
        <Form
          key={open}
          organisation={chosen}
          kinds={[...new Set([...kinds, ...(query.data ?? []).map((o) => o.kind)])]}
          onClose={close}
        />
      ) : null}
    </>
  )
}

function Form({
  organisation,
  kinds,
  onClose,
}: {
  organisation: OrganisationRow | undefined
  kinds: string[]
  onClose(): void
}) {
  const { t } = useWords()
  const [code, setCode] = useState(organisation?.code ?? "")
  const [zh, setZh] = useState(organisation?.name.zh ?? "")
  const [en, setEn] = useState(organisation?.name.en ?? "")
  const [kind, setKind] = useState(organisation?.kind ?? "owner")
  const [phone, setPhone] = useState(organisation?.phone ?? "")
  const act = useAct<unknown>(["organisation"], onClose)
  const text = (label: string, value: string, set: (text: string) => void, locked = false) => (
    <Field label={label}>
      <span className={`in ${locked ? "ro" : ""}`}>
        <input required maxLength={80} readOnly={locked} value={value} onChange={(event) => set(event.target.value)} />
      </span>
    </Field>
  )
  return (
    <Inspector label={t("settings.organisation")}>
      <InspectorHead
        title={organisation ? organisation.name.zh : t("settings.add_organisation")}
        code={organisation?.code ?? null}
        onClose={onClose}
      />
      <Section>
        <form
          className="col"
          style={{ gap: 12 }}
          onSubmit={(event) => {
            event.preventDefault()
            act.mutate(() =>
              post("/api/access/organisations", { code, name: { zh, en }, kind, phone: phone.trim() || null }),
            )
          }}
        >
          {text(t("list.code"), code, setCode, organisation !== undefined)}
          {text(t("settings.name_zh"), zh, setZh)}
          {text(t("settings.name_en"), en, setEn)}
          <Field label={t("settings.kind")}>
            <span className="in">
              <select value={kind} onChange={(event) => setKind(event.target.value)}>
                {kinds.map((k) => (
                  <option key={k} value={k}>
                    {t(`settings.kind_of.${k}`, { defaultValue: k })}
                  </option>
                ))}
              </select>
            </span>
          </Field>
          <Field label={t("settings.phone")}>
            <span className="in">
              <input type="tel" maxLength={40} value={phone} onChange={(event) => setPhone(event.target.value)} />
            </span>
          </Field>
          <Button type="submit" kind="primary" large disabled={act.isPending}>
            {t("one_time.save")}
          </Button>
        </form>
      </Section>
    </Inspector>
  )
}
