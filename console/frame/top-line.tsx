import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { can, client, remove, useCity, useMe, useNowLine } from "../api.ts"
import { useStore } from "../external.ts"
import { Ago, Icon, type Level, LevelShape, Mark, numberText, shareText } from "../kit/index.ts"
import { disconnectLive, liveStore } from "../live.ts"
import { themeStore } from "../theme/index.ts"
import { clockText, dayText, durationText, exactText, useCityNow } from "../time.ts"
import { useAt } from "../url.ts"
import { languageStore, useWords } from "../words/index.ts"
import { helpStore } from "./help.tsx"
import { mutedStore } from "./sound.ts"

/** The city's state in one line: open alarms, clocks, data arriving, devices, province; at its end the city clock. */
export function TopLine() {
  const { t, pick, language } = useWords()
  const city = useCity().data
  const state = useNowLine().data
  const now = useCityNow()
  const at = useAt()
  const live = useStore(liveStore)
  // A person without the right would read zeros as calm.
  const sees_alarms = can(useMe().data, "alarms.read")
  const time = at ?? now
  return (
    <header className="top">
      <Link to="/duty" className="logo" aria-label={t("rail.duty")}>
        <Mark />
      </Link>
      <span className="city">{pick(city?.name)}</span>
      <span
        className="i3 el"
        style={{ margin: "0 14px 0 10px", minWidth: 40 }}
        title={city ? t(`top.mode_text.${city.clock_mode}`) : undefined}
      >
        {city && city.clock_mode !== "real" ? t(`top.mode.${city.clock_mode}`) : t("top.product")}
      </span>
      {state && city?.level !== "province" ? (
        <>
          {sees_alarms ? (
            <>
              {" "}
              <span className="st alarms">
                {/* biome-ignore lint/a11y/noLabelWithoutControl: a caption in the line, styled by the shared sheet */}
                <label>{t("top.open_alarms")}</label>
                {([1, 2, 3, 4] as Level[]).map((level) => (
                  <span key={level} className="lvn" style={level === 4 ? { margin: 0 } : undefined}>
                    <LevelShape level={level} size="s" />
                    {state.alarms[level - 1] ?? 0}
                  </span>
                ))}
              </span>
              <span className="st">
                {/* biome-ignore lint/a11y/noLabelWithoutControl: a caption in the line */}
                <label>{t("top.clocks")}</label>
                <b>{state.clocks.running}</b>
                {state.clocks.next_ends_at !== null ? (
                  <>
                    <span className="i3">{t("top.next")}</span>
                    <b className={state.clocks.next_ends_at < now ? "c1" : ""}>
                      {durationText(state.clocks.next_ends_at - now)}
                    </b>
                  </>
                ) : null}
                {state.clocks.overdue > 0 ? (
                  <b className="c1">{t("top.overdue", { count: state.clocks.overdue })}</b>
                ) : null}
              </span>
            </>
          ) : null}
          <span className="st wide">
            {/* biome-ignore lint/a11y/noLabelWithoutControl: a caption in the line */}
            <label>{t("top.arriving")}</label>
            <Spark values={state.arriving} />
            <b>{numberText(state.arriving.at(-1) ?? 0, 0)}</b>
            <span className="i3">{t("top.per_second")}</span>
          </span>
          <span className="st wide">
            {/* biome-ignore lint/a11y/noLabelWithoutControl: a caption in the line */}
            <label>{t("top.online")}</label>
            <b>{shareText(state.devices.online, state.devices.total)}</b>
            <span className="i3">
              {numberText(state.devices.online, 0)}/{numberText(state.devices.total, 0)}
            </span>
          </span>
          {state.province ? (
            <span className="st">
              {/* biome-ignore lint/a11y/noLabelWithoutControl: a caption in the line */}
              <label>{t("top.province")}</label>
              <Icon name={state.province.state === "ok" ? "check" : "warning"} />
              <span className="i2">
                {state.province.state === "ok" && state.province.last_ok_at !== null ? (
                  <>
                    {t("top.in_step")} <Ago time={state.province.last_ok_at} now={state.wall_time} />
                  </>
                ) : state.province.waiting > 0 ? (
                  t("top.waiting", { count: state.province.waiting })
                ) : (
                  t("top.retrying")
                )}
              </span>
            </span>
          ) : null}
        </>
      ) : null}
      <span className="sp" />
      {live ? null : (
        <span className="chip dash" style={{ marginRight: 12 }} title={t("top.offline_text")}>
          <Icon name="warning" />
          {t("top.offline")}
        </span>
      )}
      <Switches />
      <span className="i2 day" style={{ marginRight: 12 }} title={exactText(time)}>
        {dayText(time, language)}
      </span>
      <span
        className="clock"
        style={
          at === null
            ? undefined
            : { textDecoration: "underline", textDecorationStyle: "dashed", textUnderlineOffset: 4 }
        }
        title={at === null ? undefined : t("time.past")}
      >
        {clockText(time)}
      </span>
    </header>
  )
}

function Spark({ values }: { values: number[] }) {
  const shown = values.slice(-32)
  const high = Math.max(1, ...shown)
  const d = shown
    .map(
      (v, i) =>
        `${i ? "L" : "M"}${((i / Math.max(1, shown.length - 1)) * 64).toFixed(1)} ${(14 - (v / high) * 12).toFixed(1)}`,
    )
    .join("")
  return (
    <svg width="64" height="16" viewBox="0 0 64 16" aria-hidden="true">
      <path d={d} fill="none" stroke="var(--ink-2)" strokeWidth="1.1" />
    </svg>
  )
}

/** Sound, theme, language, help and the person: small, at the line's end. */
function Switches() {
  const { t, pick } = useWords()
  const me = useMe().data
  const theme = useStore(themeStore)
  const language = useStore(languageStore)
  const muted = useStore(mutedStore)
  const [open, setOpen] = useState(false)
  const leave = async () => {
    await remove("/api/session")
    disconnectLive()
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== "city" })
    location.assign("/")
  }
  return (
    <span className="row i2 sw" style={{ gap: 10, marginRight: 14, position: "relative" }}>
      <button
        type="button"
        data-find
        className="plain"
        onClick={() => document.querySelector<HTMLInputElement>("[data-search]")?.focus()}
        title={t("top.search")}
        aria-label={t("top.search")}
      >
        <Icon name="search" /> <kbd>/</kbd>
      </button>
      <button
        type="button"
        className="plain"
        title={t(muted === "yes" ? "top.sound_on" : "top.sound_off")}
        aria-label={t(muted === "yes" ? "top.sound_on" : "top.sound_off")}
        onClick={() => mutedStore.set(muted === "yes" ? "no" : "yes")}
      >
        <Icon name={muted === "yes" ? "muted" : "bell"} />
      </button>
      <button
        type="button"
        className="plain"
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        title={me?.name}
        aria-label={t("top.person")}
      >
        <Icon name="person" />
      </button>
      {open ? (
        <div className="pop menu" role="menu" style={{ right: 0, top: 26 }} onMouseLeave={() => setOpen(false)}>
          <div className="hd">
            <b style={{ color: "var(--ink)" }}>{me?.name}</b> · {me?.login}
            {me?.organisation ? <div>{pick(me.organisation.name)}</div> : null}
          </div>
          <button type="button" role="menuitem" onClick={() => themeStore.set(theme === "dark" ? "light" : "dark")}>
            <Icon name={theme === "dark" ? "sun" : "moon"} />
            {t("top.theme")}
          </button>
          <button type="button" role="menuitem" onClick={() => languageStore.set(language === "zh" ? "en" : "zh")}>
            <b style={{ width: 14 }}>{language === "zh" ? "E" : "中"}</b>
            {t("top.language")}
          </button>
          <button
            type="button"
            role="menuitem"
            onClick={() => {
              helpStore.set(true)
              setOpen(false)
            }}
          >
            <kbd>?</kbd>
            {t("help.title")}
          </button>
          <button type="button" role="menuitem" onClick={() => void leave()}>
            {t("top.sign_out")}
          </button>
        </div>
      ) : null}
    </span>
  )
}
