import { type Role, roles, type Scope } from "../../../model/index.ts"
import { type AreaRow, can, type OrganisationRow, useGet, useMe } from "../../api.ts"
import { Field } from "../../kit/index.ts"
import { useWords } from "../../words/index.ts"
import { useNames } from "../names.ts"

/** Role and scope of a grant: "all", or chosen organisations, lifelines and areas. */
export function ScopeFields({
  role,
  scope,
  onRole,
  onScope,
}: {
  role: Role
  scope: Scope
  onRole(role: Role): void
  onScope(scope: Scope): void
}) {
  const { t, pick } = useWords()
  const me = useMe().data
  const names = useNames()
  const organisations = useGet<OrganisationRow[]>("organisation", "/api/access/organisations").data ?? []
  const areas = useGet<AreaRow[]>("census", can(me, "census.read") ? "/api/census/areas" : null).data ?? []
  return (
    <div className="col" style={{ gap: 10 }}>
      <Field label={t("settings.role")}>
        <span className="in">
          <select value={role} onChange={(event) => onRole(event.target.value as Role)}>
            {roles.map((r) => (
              <option key={r} value={r}>
                {t(`role.${r}`)}
              </option>
            ))}
          </select>
        </span>
      </Field>
      <Choice
        label={t("settings.organisations")}
        all={t("list.all")}
        options={organisations.map((o) => ({ value: o.id, words: pick(o.name) }))}
        chosen={scope.organisations}
        onChange={(chosen) => onScope({ ...scope, organisations: chosen })}
      />
      <Choice
        label={t("list.lifeline")}
        all={t("list.all")}
        options={names.lifelines.map((l) => ({ value: l.id, words: names.lifeline(l.id) }))}
        chosen={scope.lifelines}
        onChange={(chosen) => onScope({ ...scope, lifelines: chosen })}
      />
      {areas.length ? (
        <Choice
          label={t("list.area")}
          all={t("list.all")}
          options={areas.map((a) => ({ value: a.id, words: a.name || a.code }))}
          chosen={scope.areas}
          onChange={(chosen) => onScope({ ...scope, areas: chosen })}
        />
      ) : null}
    </div>
  )
}

function Choice<T extends number | string>({
  label,
  all,
  options,
  chosen,
  onChange,
}: {
  label: string
  all: string
  options: { value: T; words: string }[]
  chosen: "all" | T[]
  onChange(chosen: "all" | T[]): void
}) {
  const toggle = (value: T) => {
    const now = chosen === "all" ? [] : chosen
    const next = now.includes(value) ? now.filter((v) => v !== value) : [...now, value]
    onChange(next.length ? next : "all")
  }
  return (
    <fieldset className="choice">
      <legend className="f12 i3">{label}</legend>
      <button
        type="button"
        className={`chip ${chosen === "all" ? "on" : ""}`}
        aria-pressed={chosen === "all"}
        onClick={() => onChange("all")}
      >
        {all}
      </button>
      {options.map((o) => {
        const on = chosen !== "all" && chosen.includes(o.value)
        return (
          <button
            key={o.value}
            type="button"
            className={`chip ${on ? "on" : ""}`}
            aria-pressed={on}
            onClick={() => toggle(o.value)}
          >
            {o.words}
          </button>
        )
      })}
    </fieldset>
  )
}

/** What a scope covers, in words. */
export function useScopeText() {
  const { t, pick } = useWords()
  const names = useNames()
  const organisations = useGet<OrganisationRow[]>("organisation", "/api/access/organisations").data ?? []
  return (scope: Scope): string => {
    const parts = [
      scope.organisations === "all"
        ? null
        : scope.organisations.map((id) => pick(organisations.find((o) => o.id === id)?.name) || `#${id}`).join("、"),
      scope.lifelines === "all" ? null : scope.lifelines.map(names.lifeline).join("、"),
      scope.areas === "all" ? null : t("settings.areas", { count: scope.areas.length }),
    ].filter(Boolean)
    return parts.length ? parts.join(" · ") : t("settings.everything")
  }
}
