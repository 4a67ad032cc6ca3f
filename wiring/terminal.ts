import type { Words } from "../model/index.ts"
import type { Settings } from "../settings.ts"
import type { Member, Running } from "./start.ts"

/** An error for a person at a terminal, in both languages. */
export function say(words: Words) {
  console.error(`${words.zh}\n${words.en}`)
}

/** The one address and, in demo mode, the accounts; outside it the one-time set-up link. */
export function startUpWords(started: Running | Member, settings: Settings): string {
  const running = { accounts: [] as Running["accounts"], setup_link: null, ...started }
  const zh = settings.language === "zh"
  const lines = ["", `  ${zh ? "命脉已启动" : "Mingmai is running"}  ${running.url}`]
  if (running.accounts.length > 0) {
    lines.push(
      "",
      `  ${zh ? "演示账号（口令均为" : "Demo accounts (password"} ${running.accounts[0]!.password}${zh ? "）" : ")"}`,
    )
    for (const a of running.accounts) lines.push(`    ${a.login.padEnd(12)} ${a.name}`)
  }
  if (running.setup_link)
    lines.push(
      "",
      `  ${zh ? "首次设置（24 小时内有效，只能用一次）" : "First set-up (once, within 24 hours)"}`,
      `    ${running.setup_link}`,
    )
  lines.push("", `  ${zh ? "数据目录" : "Data folder"} ${settings.data_dir}    Ctrl-C ${zh ? "停止" : "stops"}`, "")
  return lines.join("\n")
}
