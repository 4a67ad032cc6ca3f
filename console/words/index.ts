import i18next from "i18next"
import { useCallback } from "react"
import { initReactI18next, useTranslation } from "react-i18next"
import { remembered, useStore } from "../external.ts"

type Tree = { [key: string]: string | Tree }
/** zh.json and en.json, and word files of single screens beside them (response.zh.json …), each with its own top keys. */
const files = import.meta.glob<Tree>("./*.json", { import: "default", eager: true })
const wordsOf = (language: string): Tree =>
  Object.assign(
    {},
    ...Object.entries(files).flatMap(([path, tree]) =>
      path.endsWith(`/${language}.json`) || path.endsWith(`.${language}.json`) ? [tree] : [],
    ),
  )

export type Language = "zh" | "en"
export const languageStore = remembered<Language>(
  "mingmai.language",
  navigator.language.startsWith("zh") ? "zh" : "en",
  ["zh", "en"],
)

export function installWords(): void {
  void i18next.use(initReactI18next).init({
    lng: languageStore.get(),
    fallbackLng: "en",
    resources: { zh: { translation: wordsOf("zh") }, en: { translation: wordsOf("en") } },
    keySeparator: ".",
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  const show = () => {
    document.documentElement.lang = languageStore.get() === "zh" ? "zh-CN" : "en"
    void i18next.changeLanguage(languageStore.get())
  }
  languageStore.subscribe(show)
  show()
}

/** Words of the console: t("duty.title"), and `pick` for texts that come from the server in both languages. */
export function useWords() {
  const { t } = useTranslation()
  const language = useStore(languageStore)
  const pick = useCallback(
    (words: { zh: string; en: string } | null | undefined): string => (words ? words[language] : ""),
    [language],
  )
  return { t, language, pick }
}

/** The same outside React. */
export const pickWords = (words: { zh: string; en: string }): string => words[languageStore.get()]
