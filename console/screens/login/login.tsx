import { Map as MapLibre } from "maplibre-gl"
import { useEffect, useRef, useState } from "react"
import { ApiError, type CityView, client, type Me, post, useCity } from "../../api.ts"
import { useStore } from "../../external.ts"
import { Button, Field, Mark } from "../../kit/index.ts"
import "../../map/worker.ts"
import { baseOnlyStyle } from "../../map/style.ts"
import { themeStore, themes } from "../../theme/index.ts"
import { languageStore, useWords } from "../../words/index.ts"
import { OneTime } from "./one-time.tsx"

/** Sign-in; says nothing about the account and shows no pipes. One-time links (/setup#…, /password#…) use the same sheet. */
export function Login() {
  const { t, pick, language } = useWords()
  const city = useCity()
  const theme = useStore(themeStore)
  const one_time = location.pathname === "/setup" || location.pathname === "/password"
  return (
    <div className="login">
      <div className="sheet" style={{ position: "relative", overflow: "hidden", background: "var(--m-land)" }}>
        {city.data?.base_map ? <Sheet city={city.data} /> : null}
        <div className="mapui f11 i2" style={{ left: 16, bottom: 16, padding: "4px 9px" }}>
          {t("login.sheet")}
        </div>
      </div>
      <div className="lf">
        <div style={{ marginTop: "min(150px, 14vh)" }}>
          <div className="row g12">
            <span style={{ width: 44, height: 44 }}>
              <Mark size={44} />
            </span>
            <div>
              <div style={{ fontSize: 20, fontWeight: 700, lineHeight: "26px" }}>
                {city.data ? pick(city.data.name) : "命脉 Mingmai"}
              </div>
              <div className="i3">{t("top.product")}</div>
            </div>
          </div>
        </div>
        {one_time ? <OneTime /> : <Form accounts={city.data?.demo_accounts ?? []} />}
        <div className="f12 i3" style={{ marginTop: "auto", paddingBottom: 28, paddingTop: 24, lineHeight: "19px" }}>
          {t("login.authorised")}
          <div className="row" style={{ marginTop: 8 }}>
            <span>{t("login.version", { version: city.data?.version ?? "" })}</span>
            <span className="sp" />
            <button
              type="button"
              className="lk"
              style={{ marginRight: 14 }}
              onClick={() => themeStore.set(theme === "dark" ? "light" : "dark")}
            >
              {t("top.theme")}
            </button>
            <button type="button" className="lk" onClick={() => languageStore.set(language === "zh" ? "en" : "zh")}>
              {language === "zh" ? "English" : "中文"}
            </button>
          </div>
        </div>
      </div>
    </div>
  )
}

function Form({ accounts }: { accounts: CityView["demo_accounts"] }) {
  const { t, pick, language } = useWords()
  const [login, setLogin] = useState("")
  const [password, setPassword] = useState("")
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => first.current?.focus(), [])
  const enter = async (as: { login: string; password: string }) => {
    setBusy(true)
    setProblem(null)
    try {
      const me = await post<Me>("/api/session", as)
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== "city" && query.queryKey[0] !== "session" })
      client.setQueryData(["session", "/api/session", {}], me)
    } catch (error) {
      setProblem(error instanceof ApiError ? pick(error.problem.words) : String(error))
      setBusy(false)
    }
  }
  return (
    <form
      style={{ marginTop: 40, display: "flex", flexDirection: "column", gap: 14 }}
      onSubmit={(event) => {
        event.preventDefault()
        void enter({ login, password })
      }}
    >
      <Field label={t("login.account")} note={t("login.account_note")}>
        <span className="in">
          <input
            name="login"
            autoComplete="username"
            ref={first}
            required
            maxLength={80}
            value={login}
            onChange={(event) => setLogin(event.target.value)}
          />
        </span>
      </Field>
      <Field label={t("login.password")} note={t("login.password_note")}>
        <span className="in">
          <input
            name="password"
            type="password"
            autoComplete="current-password"
            required
            maxLength={200}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </span>
      </Field>
      {problem ? (
        <div className="note" role="alert">
          {problem}
        </div>
      ) : null}
      <Button type="submit" kind="primary" large disabled={busy} hotkey="⏎" style={{ marginTop: 4 }}>
        {t("login.enter")}
      </Button>
      {accounts.length > 0 ? (
        <section className="bt" style={{ marginTop: 22, paddingTop: 12 }}>
          <div className="f12 i3" style={{ marginBottom: 8 }}>
            {t("login.demo")}
          </div>
          <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr", gap: 8 }}>
            {accounts.map((account) => (
              <button
                key={account.login}
                type="button"
                className="btn"
                disabled={busy}
                style={{ height: 32, justifyContent: "flex-start" }}
                title={t(`role.${account.role}`)}
                onClick={() => void enter(account)}
              >
                <span className="el">{language === "zh" ? account.name : t(`role.${account.role}`)}</span>
                <span className="i3 f12 el" style={{ fontWeight: 400, marginLeft: "auto" }}>
                  {account.login}
                </span>
              </button>
            ))}
          </div>
        </section>
      ) : (
        <div className="bt f12 i3" style={{ marginTop: 36, paddingTop: 12, lineHeight: "20px" }}>
          {t("login.same_answer")}
        </div>
      )}
    </form>
  )
}

/** The base map alone, without pipes, points or alarms; it is thrown away after the sign-in. */
function Sheet({ city }: { city: CityView }) {
  const box = useRef<HTMLDivElement>(null)
  const theme = useStore(themeStore)
  useEffect(() => {
    let map: MapLibre | null = null
    try {
      map = new MapLibre({
        container: box.current!,
        interactive: false,
        attributionControl: false,
        center: city.center ?? [0, 0],
        zoom: 13.6,
        style: baseOnlyStyle({
          tokens: themes[theme],
          language: "zh",
          base_map: true,
          latitude: city.center?.[1] ?? 32,
          origin: location.origin,
        }),
      })
      map.on("error", () => map?.remove()) // Before the sign-in the base map may be closed; the plain ground stays.
    } catch (error) {
      console.warn("no map before the sign-in", error)
    }
    return () => map?.remove()
  }, [city, theme])
  return <div ref={box} style={{ position: "absolute", inset: 0 }} />
}
