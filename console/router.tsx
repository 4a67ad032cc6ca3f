import { type AnyRouter, createRootRoute, createRoute, createRouter, Outlet, redirect } from "@tanstack/react-router"
import { type CityView, can, client, type Me } from "./api.ts"
import { Frame } from "./frame/index.ts"
import { Notice } from "./kit/index.ts"
import { bare, provincial, screens } from "./screens/index.tsx"
import { parseSearch, stringifySearch } from "./url.ts"
import { useWords } from "./words/index.ts"

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound })
const framed = createRoute({ getParentRoute: () => root, id: "framed", component: Frame })

const field_px_max = 600

/** Where a person starts: the duty desk, or the first screen they may open. */
const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    const me = client.getQueryData<Me>(["session", "/api/session", {}])
    // On a phone those who go out to the place are led to the field screen.
    const outside = (me?.grants ?? []).some((g) => g.role === "field_crew" || g.role === "owner_dispatcher")
    const field = screens.find((s) => s.id === "field")
    if (innerWidth < field_px_max && outside && field) throw redirect({ to: field.path as never })
    const province = client.getQueryData<CityView>(["city", "/api/city", {}])?.level === "province"
    const first =
      screens.find((s) => s.rail && (!province || provincial.has(s.id)) && s.permissions.some((p) => can(me, p))) ??
      screens[0]!
    throw redirect({ to: first.path as never })
  },
})
const routesIn = (parent: typeof framed | typeof root, whole: boolean) =>
  screens
    .filter((s) => bare.has(s.id) === whole)
    .map((s) =>
      createRoute({
        getParentRoute: () => parent as typeof root,
        path: s.path as "/duty",
        component: s.component as () => null,
      }),
    )

function NotFound() {
  const { t } = useWords()
  return (
    <Notice
      icon="search"
      title={t("state.no_page")}
      action={
        <a className="btn" href="/">
          {t("state.home")}
        </a>
      }
    />
  )
}

/** A screen that failed to draw says so; the frame around it goes on. */
function Crashed({ error }: { error: Error }) {
  const { t } = useWords()
  return (
    <main className="main">
      <Notice
        icon="warning"
        title={t("state.crashed")}
        text={String(error?.message ?? error).slice(0, 200)}
        action={
          <button type="button" className="btn" onClick={() => location.reload()}>
            {t("state.reload")}
          </button>
        }
      />
    </main>
  )
}

const tree = root.addChildren([
  home,
  framed.addChildren(routesIn(framed, false) as never),
  ...routesIn(root, true),
] as never)

// The routes come from a list, so their paths are not known to the types; links are written as plain strings.
export const router = createRouter({
  routeTree: tree,
  parseSearch,
  stringifySearch,
  defaultErrorComponent: Crashed,
} as never) as AnyRouter
