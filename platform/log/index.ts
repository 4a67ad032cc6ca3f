import { mkdirSync } from "node:fs"
import { join } from "node:path"
import pino from "pino"
import { mask, maskLine } from "./mask.ts"
import { rotatingFile } from "./rotating.ts"

export type Log = pino.Logger
export type LogLevel = "error" | "warn" | "info" | "debug"

const FILE_BYTES_MAX = 10_000_000
const FILES_MAX = 5

/**
 * The log: JSON lines in `folder`/log/mingmai.log (five files of 10 MB), plain lines on stderr. Secrets are masked in
 * both. Names of fields are snake_case; an error goes under `err`.
 */
export function openLog(options: {
  folder: string
  level: LogLevel
  /** Where plain lines go, stderr unless given; null for nowhere. */
  screen?: { write(line: string): void } | null
}): { log: Log; close(): void } {
  mkdirSync(join(options.folder, "log"), { recursive: true, mode: 0o700 })
  const file = rotatingFile(join(options.folder, "log", "mingmai.log"), FILE_BYTES_MAX, FILES_MAX)
  const screen = options.screen === undefined ? process.stderr : options.screen
  let open = true
  const destination = {
    write: (line: string) => {
      const masked = maskLine(line)
      if (open) file.write(masked)
      screen?.write(plainLine(masked))
    },
  }
  const log = pino(
    {
      level: options.level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => mask(fields) as Record<string, unknown>,
      },
    },
    destination,
  )
  const close = () => {
    if (open) file.close()
    open = false
  }
  return { log, close }
}

/** `08:15:30 warn  message  key=value`, with the stack of an error below. */
function plainLine(line: string): string {
  const { level, time, msg, err, ...rest } = JSON.parse(line) as {
    level: string
    time: string
    msg?: string
    err?: { message?: string; stack?: string }
  }
  const fields = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  )
  const text = [time.slice(11, 19), level.padEnd(5), msg ?? err?.message ?? "", ...fields].join(" ").trimEnd()
  return err?.stack ? `${text}\n${err.stack}\n` : `${text}\n`
}
