/** How commands reach a city: the running instance through its token file, or a quiet one for their own duration. */
import { openAsBlob } from "node:fs"
import { ProblemError } from "../model/index.ts"
import { readInstance } from "../platform/lock/index.ts"
import { readSettings, type SettingsRead } from "../settings.ts"
import { start } from "../wiring/start.ts"
import { say } from "../wiring/terminal.ts"

export type Api = {
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
  /** Sends a file as it is, read as it is sent. */
  upload<T>(path: string, file: string): Promise<T>
  /** What an address answers, as it comes in. */
  download(path: string): Promise<ReadableStream<Uint8Array>>
}
export type Instance = { api: Api; url: string; close(): Promise<void> }

/** The API of an instance at `url` with its command token; problems become errors with their sentence. */
export function apiOf(url: string, token: string): Api {
  const authorization = `Bearer ${token}`
  const json = (body: unknown): RequestInit =>
    body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
  const ask = async (method: string, path: string, { headers, ...more }: RequestInit = {}): Promise<Response> => {
    const response = await fetch(`${url}${path}`, { method, headers: { authorization, ...headers }, ...more })
    if (response.ok) return response
    const answer = (await response.json()) as { words?: { zh: string; en: string }; field?: string; value?: unknown }
    throw new Error(answer.words ? `${answer.words.zh}\n${answer.words.en}` : `${method} ${path}: ${response.status}`)
  }
  const answered = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T
  return {
    get: (path) => answered(ask("GET", path)),
    post: (path, body) => answered(ask("POST", path, json(body))),
    async upload(path, file) {
      const headers = { "content-type": "application/octet-stream" }
      return await answered(ask("POST", path, { headers, body: await openAsBlob(file) }))
    },
    async download(path) {
      const { body } = await ask("GET", path)
      if (!body) throw new Error(`GET ${path}: nothing came`)
      return body
    },
  }
}

/** Reads the command's words, flags and settings; a wrong one ends the command with a sentence. */
export function commandLine(more: string[] = [], argv: readonly string[] = process.argv.slice(2)): SettingsRead {
  const read = readSettings({ argv, env: process.env, more, words: true })
  if (read.ok) return read.value
  say(read.problem.title)
  process.exit(2)
}

/** Connects to the instance of the data folder, or starts a quiet one with doors on free ports. */
export async function connectInstance(settings: SettingsRead["settings"]): Promise<Instance> {
  const running = readInstance(settings.data_dir)
  if (running?.http_url)
    return { api: apiOf(running.http_url, running.token), url: running.http_url, close: async () => {} }
  const quiet = await start({ ...settings, http_port: 0, mqtt_port: 0 }, { quiet: true })
  const { token } = readInstance(settings.data_dir)!
  return { api: apiOf(quiet.url, token), url: quiet.url, close: quiet.close }
}

/** Runs a command and ends the process: 0 when it went well, 1 with a sentence when not. */
export async function command(run: () => Promise<void>): Promise<never> {
  try {
    await run()
    process.exit(0)
  } catch (error) {
    if (error instanceof ProblemError) say(error.problem.title)
    else console.error((error as Error).message)
    process.exit(1)
  }
}

/** Waits until everything committed has been analysed. */
export async function settled(api: Api): Promise<void> {
  for (;;) {
    const { numbers } = await api.get<{ numbers: Record<string, number> }>("/api/operate")
    if (numbers.mingmai_pending_rows === 0 && numbers.mingmai_detector_batches_outstanding === 0) return
    await new Promise((go) => setTimeout(go, 100))
  }
}
