import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs"
import { dirname, join } from "node:path"

/** A system account, as /etc/passwd has it. */
export type Account = { name: string; uid: number; gid: number }

/** Accounts to try in order: one made for us, then ones that systems have and hardly use. */
const preferred = ["mingmai", "nobody", "games", "news", "uucp", "irc", "list"]

/**
 * The account that runs the database; null means our own. PostgreSQL refuses root, so root lends it an account that
 * exists already and runs no other program, and keeps to the one that owns `cluster` once that is there.
 */
export function databaseAccount(cluster: string): Account | null {
  const ours = process.getuid?.() ?? 0
  if (ours !== 0) {
    const owner = existsSync(cluster) ? statSync(cluster).uid : ours
    if (owner !== ours)
      throw new Error(
        `The database in ${cluster} belongs to account ${owner}. Start as that account or as root, or choose another data_dir.`,
      )
    return null
  }
  if (process.platform === "win32") return null
  const accounts = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name = "", , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter((account) => account.name !== "" && account.uid > 0)
  if (existsSync(cluster)) {
    const owner = statSync(cluster)
    if (owner.uid !== 0)
      return accounts.find((a) => a.uid === owner.uid) ?? { name: String(owner.uid), uid: owner.uid, gid: owner.gid }
  }
  const known = preferred.flatMap((name) => accounts.find((account) => account.name === name) ?? [])
  const busy = busyUids()
  const chosen = known.find((account) => !busy.has(account.uid)) ?? known[0]
  if (!chosen)
    throw new Error(
      `As root the database needs another account to run under, and this system has none of ${preferred.join(", ")}. Start as an ordinary user, or set database_url.`,
    )
  return chosen
}

/** Accounts that run programs other than our own databases. */
function busyUids(): Set<number> {
  const busy = new Set<number>()
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const uid = Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1])
      if (uid !== 0 && !/\/engine-[^/]+\/bin\/postgres/.test(readlinkSync(`/proc/${pid}/exe`))) busy.add(uid)
    } catch (error) {
      // A process may end while it is looked at; then it keeps no account busy.
      if (!["ENOENT", "ESRCH", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error
    }
  }
  return busy
}

/** Lets the account walk through our own `folder`, and refuses with a sentence when it cannot walk down to it. */
export function openWay(folder: string, account: Account | null): void {
  if (!account) return
  chmodSync(folder, statSync(folder).mode | 0o011)
  for (let at = dirname(folder); ; at = dirname(at)) {
    const { mode, uid, gid } = statSync(at)
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if ((mode & bit) === 0)
      throw new Error(
        `The database may not run as root, and its account ${account.name} cannot enter ${at}. Choose a data_dir elsewhere (for example --data-dir /var/lib/mingmai), start as an ordinary user, or set database_url.`,
      )
    if (at === dirname(at)) return
  }
}

/** True when process `pid` is a PostgreSQL that serves `cluster`. */
export function servesCluster(pid: number, cluster: string): boolean {
  try {
    if (process.platform !== "linux") return process.kill(pid, 0)
    const program = readlinkSync(join("/proc", String(pid), "exe")).replace(/ \(deleted\)$/, "")
    return program.endsWith("/postgres") && readlinkSync(join("/proc", String(pid), "cwd")) === cluster
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return false
    throw error
  }
}
