import "./locale.ts"
import "@fontsource-variable/noto-sans-sc/wght.css"
import "./theme/console.css"
import { QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { ConfigProvider } from "antd"
import enUS from "antd/locale/en_US"
import zhCN from "antd/locale/zh_CN"
import { useEffect } from "react"
import { createRoot } from "react-dom/client"
import { client, useCity, useMe } from "./api.ts"
import { useStore } from "./external.ts"
import { Failed } from "./kit/index.ts"
import { router } from "./router.tsx"
import { Login } from "./screens/login/login.tsx"
import { antdConfig, installTheme, themeStore } from "./theme/index.ts"
import { setTimeZone } from "./time.ts"
import { installWords, languageStore } from "./words/index.ts"

// After an upgrade the old pieces are gone from the server: the page is loaded anew, once.
addEventListener("vite:preloadError", (event) => {
  const key = "mingmai.reloaded"
  if (Date.now() - Number(sessionStorage.getItem(key) ?? 0) < 10_000) return
  sessionStorage.setItem(key, String(Date.now()))
  event.preventDefault()
  location.reload()
})

installTheme()
installWords()

/** Login until there is a session, then the screens; the address stays, so that a sent link opens after the sign-in. */
function Console() {
  const city = useCity()
  const me = useMe()
  const zone = city.data?.time_zone
  if (zone) setTimeZone(zone)
  const name = city.data?.name
  useEffect(() => {
    if (name) document.title = `${name.zh} · 命脉 Mingmai`
  }, [name])
  if (me.data && city.data && location.pathname !== "/setup" && location.pathname !== "/password")
    return <RouterProvider router={router} />
  const error = city.error ?? (me.error && me.error.problem.status !== 401 ? me.error : null)
  if (error)
    return (
      <Failed
        error={error}
        retry={() => {
          void city.refetch()
          void me.refetch()
        }}
      />
    )
  if (me.isPending || city.isPending) return null
  return <Login />
}

function App() {
  const theme = useStore(themeStore)
  const language = useStore(languageStore)
  return (
    <ConfigProvider theme={antdConfig(theme)} locale={language === "zh" ? zhCN : enUS}>
      <QueryClientProvider client={client}>
        <Console />
      </QueryClientProvider>
    </ConfigProvider>
  )
}

createRoot(document.getElementById("root")!).render(<App />)
