/** npm run backup -- <file>: puts the whole city, running or stopped, into one file of one moment. */
import { createWriteStream, existsSync, renameSync, rmSync, statSync } from "node:fs"
import { request as plain } from "node:http"
import { request as secure } from "node:https"
import { join, resolve } from "node:path"
import { pipeline } from "node:stream/promises"
import { ProblemError, type Words } from "../model/index.ts"
import { readInstance } from "../platform/lock/index.ts"
import type { Manifest } from "../wiring/backup.ts"
import { checkBackup } from "../wiring/restore.ts"
import { command, commandLine, connectInstance } from "./instance.ts"

/** Asks the instance at `url` for its backup, writes it to `file` and reads it through once. Returns its manifest. */
export async function backupTo(url: string, token: string, file: string): Promise<Manifest> {
  const unfinished = `${file}.part`
  try {
    await receive(url, token, unfinished)
    const checked = await checkBackup(unfinished)
    if (!checked.ok) throw new ProblemError(checked.problem)
    renameSync(unfinished, file)
    return checked.value.manifest
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
}

/** Without fetch, whose time limit would end the backup of a large city before its first byte. */
async function receive(url: string, token: string, file: string): Promise<void> {
  const request = url.startsWith("https:") ? secure : plain
  const { promise, resolve: answered, reject } = Promise.withResolvers<import("node:http").IncomingMessage>()
  const asking = request(`${url}/api/operate/backup`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    // The certificate is of the city's name, not of this machine's loopback; the token file says who answers there.
    rejectUnauthorized: false,
  })
  asking.on("response", answered).on("error", reject).end("{}")
  const response = await promise
  if (response.statusCode === 200) return pipeline(response, createWriteStream(file, { mode: 0o600, flush: true }))
  let text = ""
  for await (const chunk of response.setEncoding("utf8")) text += chunk
  const { words } = JSON.parse(text) as { words?: Words }
  throw new Error(words ? `${words.zh}\n${words.en}` : `POST /api/operate/backup: ${response.statusCode}`)
}

if (import.meta.main) {
  await command(async () => {
    const { settings, words } = commandLine()
    const [name] = words
    if (!name) throw new Error("npm run backup -- <file.tar> [--data-dir <folder>]")
    const file = resolve(name)
    if (existsSync(file)) throw new Error(`${file} 已存在，请换一个文件名\n${file} exists already; choose another name`)
    const { data_dir } = settings
    if (!readInstance(data_dir) && !existsSync(join(data_dir, "series")))
      throw new Error(
        `${data_dir} 中没有城市，请用 --data-dir 指明数据目录\nThere is no city in ${data_dir}; name the data folder with --data-dir`,
      )
    const instance = await connectInstance(settings)
    try {
      const m = await backupTo(instance.url, readInstance(data_dir)!.token, file)
      const rows = m.tables.reduce((n, t) => n + t.rows, 0)
      console.log(
        `${file}  ${(statSync(file).size / 1e6).toFixed(1)} MB: ${m.tables.length} tables with ${rows} rows, ${m.readings} readings up to batch ${m.batch}, city time ${new Date(m.city_time).toISOString()}`,
      )
    } finally {
      await instance.close()
    }
  })
}
