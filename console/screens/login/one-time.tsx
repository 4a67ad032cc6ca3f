import { useState } from "react"
import { ApiError, type Me, post } from "../../api.ts"
import { Button, Field } from "../../kit/index.ts"
import { useWords } from "../../words/index.ts"

/** First administrator (/setup#token) and one-time password links (/password#token). */
export function OneTime() {
  const { t, pick } = useWords()
  const setup = location.pathname === "/setup"
  const token = location.hash.slice(1)
  const [login, setLogin] = useState("")
  const [name, setName] = useState("")
  const [password, setPassword] = useState("")
  const [again, setAgain] = useState("")
  const [problem, setProblem] = useState<string | null>(null)
  const save = async () => {
    if (password !== again) return setProblem(t("one_time.different"))
    try {
      if (setup) await post<Me>("/api/setup", { token, login, password, name })
      else await post("/api/password", { token, password })
      location.assign("/")
    } catch (error) {
      setProblem(error instanceof ApiError ? pick(error.problem.words) : String(error))
    }
  }
  const input = (label: string, value: string, set: (text: string) => void, type: string, complete: string) => (
    <Field label={label}>
      <span className="in">
        <input
          type={type}
          autoComplete={complete}
          required
          maxLength={200}
          minLength={type === "password" ? 10 : 1}
          value={value}
          onChange={(event) => set(event.target.value)}
        />
      </span>
    </Field>
  )
  return (
    <form
      style={{ marginTop: 40, display: "flex", flexDirection: "column", gap: 14 }}
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <b className="f16">{t(setup ? "one_time.setup" : "one_time.password")}</b>
      <span className="i3 f12">{t(setup ? "one_time.setup_text" : "one_time.password_text")}</span>
      {setup ? input(t("login.account"), login, setLogin, "text", "username") : null}
      {setup ? input(t("one_time.name"), name, setName, "text", "name") : null}
      {input(t("one_time.new_password"), password, setPassword, "password", "new-password")}
      {input(t("one_time.repeat"), again, setAgain, "password", "new-password")}
      {problem ? (
        <div className="note" role="alert">
          {problem}
        </div>
      ) : null}
      <Button type="submit" kind="primary" large disabled={!token}>
        {t("one_time.save")}
      </Button>
      {token ? null : <div className="note">{t("one_time.no_token")}</div>}
    </form>
  )
}
