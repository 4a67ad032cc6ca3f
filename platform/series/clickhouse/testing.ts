import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Where Debian puts the server, and what current packages call it. */
const programs = [["clickhouse-server"], ["/usr/sbin/clickhouse-server"], ["clickhouse", "server"]]

export type TestServer = { url: string; process: ChildProcess; close(): Promise<void> }

/** The command that starts a ClickHouse server here, or null where none is installed. */
export function findClickHouse(): string[] | null {
  return programs.find(([program]) => spawnSync("which", [program!]).status === 0) ?? null
}

/** A free port below 32768: those above are handed out to outgoing connections. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const port = 12_000 + Math.floor(Math.random() * 20_000)
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer()
      probe.once("error", () => resolve(false))
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)))
    })
    if (free) return port
  }
  throw new Error("no free port was found below 32768")
}

/** Starts a server of its own in a folder under the system's temporary folder; `close` removes both. */
export async function startClickHouse(command: readonly string[]): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "clickhouse-"))
  mkdirSync(join(folder, "data"))
  const port = await freePort()
  writeFileSync(join(folder, "config.xml"), config(folder, port))
  writeFileSync(join(folder, "users.xml"), users)
  const args = [...command.slice(1), `--config-file=${join(folder, "config.xml")}`]
  const child = spawn(command[0]!, args, { stdio: "ignore", cwd: folder })
  const url = `http://127.0.0.1:${port}`
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve))
      child.kill("SIGKILL")
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }
  for (let tries = 0; tries < 150; tries++) {
    try {
      if ((await fetch(`${url}/ping`)).ok) return { url, process: child, close }
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`clickhouse-server ended with ${child.exitCode}`, { cause: error })
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await close()
  throw new Error("clickhouse-server did not answer within 15 s")
}

const config = (folder: string, port: number) => `<?xml version="1.0"?><yandex>
<logger><level>warning</level><log>${folder}/log</log><errorlog>${folder}/errors</errorlog></logger>
<http_port>${port}</http_port><listen_host>127.0.0.1</listen_host>
<path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path><users_config>users.xml</users_config>
<mark_cache_size>67108864</mark_cache_size><default_profile>default</default_profile>
<default_database>default</default_database></yandex>`

const users = `<?xml version="1.0"?><yandex><profiles><default></default></profiles><users><default><password></password>
<networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
<quotas><default></default></quotas></yandex>`
