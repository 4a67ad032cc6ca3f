import { Link, useRouterState } from "@tanstack/react-router"
import { can, useCity, useMe, useNowLine } from "../api.ts"
import { Icon, type IconName } from "../kit/index.ts"
import { provincial, screens } from "../screens/index.tsx"
import { useWords } from "../words/index.ts"

/** The stages in their order; a person sees those they may open. */
export function Rail() {
  const { t } = useWords()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const me = useMe().data
  const badges = useNowLine().data?.badges as Record<string, number> | undefined
  const item = (screen: (typeof screens)[number]) => {
    const on = path.startsWith(screen.path)
    const count = badges?.[screen.id] ?? 0
    return (
      <Link key={screen.id} to={screen.path} className={on ? "on" : ""} aria-current={on ? "page" : undefined}>
        <Icon name={screen.id as IconName} size="m" />
        {t(`rail.${screen.id}`)}
        {count > 0 ? <span className="n">{count > 99 ? "99+" : count}</span> : null}
      </Link>
    )
  }
  const province = useCity().data?.level === "province"
  const allowed = screens.filter(
    (s) =>
      s.rail &&
      (!province || provincial.has(s.id)) &&
      (s.permissions.length === 0 || s.permissions.some((p) => can(me, p))),
  )
  return (
    <nav className="rail" aria-label={t("rail.label")}>
      {allowed.filter((s) => s.id !== "settings").map(item)}
      <span className="sp" />
      {allowed.some((s) => s.id === "settings") ? <hr /> : null}
      {allowed.filter((s) => s.id === "settings").map(item)}
    </nav>
  )
}
