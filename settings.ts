import { accessSync, constants, existsSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { fail, ok, type Problem, type Result } from "./model/index.ts"
import {
  bad,
  choice,
  environmentOf,
  fileOf,
  flagsOf,
  list,
  number,
  type Origin,
  type Setting,
  text,
  toggle,
  whole,
  wrongValue,
} from "./platform/settings/index.ts"

const url = (schemes: string[]) => ({
  test: (value: string) => value === "" || (URL.canParse(value) && schemes.includes(new URL(value).protocol)),
  allowed: {
    zh: `以 ${schemes.join("//、")}// 开头的地址，或留空`,
    en: `an address that begins with ${schemes.join("// or ")}//, or nothing`,
  },
})
const host = {
  test: (value: string) => /^[A-Za-z0-9.:_-]+$/.test(value),
  allowed: { zh: "主机名或 IP 地址", en: "a host name or an IP address" },
}

function knownZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone })
    return true
  } catch {
    return false // The constructor has no other way of saying that it does not know a zone.
  }
}

/** Every setting of the product, once. The manual's table is printed from this by `settingsTable`. */
export const settingTable = {
  data_dir: text(
    "",
    "数据目录，一个实例的全部数据都在其中；留空时取程序目录下的 data，不可写时取 /var/lib/mingmai（root）或 ~/mingmai-data。",
    "The data folder, which holds everything of one instance; when empty: data in the program's folder, or where that will not do /var/lib/mingmai (root) or ~/mingmai-data.",
  ),
  mode: choice(
    ["demo", "real", "replay"],
    "demo",
    "新建数据目录时的时钟方式：demo 演示城市，real 真实时间，replay 回放；建成后不再改变。",
    "The clock of a new data folder: demo for the demonstration city, real for wall time, replay for a recorded period; fixed once created.",
  ),
  level: choice(
    ["city", "province"],
    "city",
    "本实例是市级平台还是省级平台。",
    "Whether this instance serves a city or a province.",
  ),
  role: choice(
    ["all", "door", "store", "detector"],
    "all",
    "本进程承担的职责，单机为 all；多机为 door 接入、store 存储、detector 研判。",
    "What this process does: all on one machine; door, store or detector on several.",
  ),
  language: choice(
    ["zh", "en"],
    "zh",
    "启动信息、报告和新用户的语言。",
    "Language of start-up lines, reports and new users.",
  ),
  time_zone: text("Asia/Shanghai", "显示和报表所用的时区。", "The zone in which times are shown and days are cut.", {
    test: knownZone,
    allowed: { zh: "IANA 时区名，如 Asia/Shanghai", en: "an IANA zone such as Asia/Shanghai" },
  }),
  city_name: text("示例市", "城市名称，见于页眉、预警和报告。", "The city's name in headings, warnings and reports.", {
    test: (value) => value.length > 0 && value.length <= 40,
    allowed: { zh: "1 至 40 个字", en: "1 to 40 characters" },
  }),
  city_code: text(
    "000000",
    "城市的行政区划代码（GB/T 2260）。",
    "The city's administrative division code (GB/T 2260).",
    { test: (value) => /^\d{6}$/.test(value), allowed: { zh: "6 位数字", en: "six digits" } },
  ),
  http_host: text("127.0.0.1", "网页和接口的监听地址。", "Address on which pages and the API listen.", host),
  http_port: whole(
    8080,
    0,
    65535,
    "网页和接口的端口；0 为任一空闲端口。",
    "Port of pages and the API; 0 takes any free one.",
  ),
  mqtt_host: text(
    "127.0.0.1",
    "内置 MQTT 服务的监听地址。",
    "Address on which the embedded MQTT broker listens.",
    host,
  ),
  mqtt_port: whole(
    1883,
    0,
    65535,
    "内置 MQTT 服务的端口；0 为任一空闲端口。",
    "Port of the embedded MQTT broker; 0 takes any free one.",
  ),
  mqtt_url: text(
    "",
    "外部 MQTT 服务的地址；留空时使用内置服务。",
    "An outside MQTT broker; when empty the embedded one serves.",
    url(["mqtt:", "mqtts:"]),
  ),
  expose: toggle(
    "允许监听本机以外的地址；须同时设置 TLS 证书或可信代理。",
    "Allows listening beyond this machine; needs a TLS certificate or a trusted proxy as well.",
  ),
  tls_cert: text("", "TLS 证书文件（PEM）。", "TLS certificate file (PEM)."),
  tls_key: text("", "TLS 私钥文件（PEM）。", "TLS private key file (PEM)."),
  trusted_proxy: text(
    "",
    "前置反向代理的地址，由它负责 TLS。",
    "Address of the reverse proxy in front, which then does the TLS.",
    { ...host, test: (value) => value === "" || /^[0-9A-Fa-f.:/,]+$/.test(value) },
  ),
  database_url: text(
    "",
    "外部 PostgreSQL 15+ 的地址；留空时使用内置数据库。",
    "An outside PostgreSQL 15+; when empty the embedded one serves.",
    { ...url(["postgres:", "postgresql:"]), secret: true },
  ),
  database_connections: whole(
    10,
    2,
    25,
    "本进程的数据库连接上限。",
    "The most database connections this process opens.",
  ),
  commit_interval_ms: whole(
    50,
    5,
    1000,
    "读数成组提交的间隔（毫秒），提交后才应答。",
    "How often readings are committed together, in ms; they are acknowledged after that.",
  ),
  device_messages_per_s: whole(
    200,
    1,
    1_000_000,
    "每个连接每秒最多处理的报文数；超过的由该连接自己等待，不影响其他连接。",
    "Messages a second that one connection is served at most; beyond it that connection alone waits.",
  ),
  door_workers: whole(
    1,
    0,
    16,
    "内置 MQTT 服务的工作线程数；0 为在主线程内运行。",
    "Worker threads of the embedded MQTT broker; 0 runs it in the main thread.",
  ),
  detector_workers: whole(
    1,
    1,
    32,
    "研判工作线程数，按对象分片。",
    "Worker threads of the detectors, sharded by subject.",
  ),
  late_readings_minutes: whole(
    60,
    1,
    129_600,
    "普通读数到达晚于此时长（分钟）时标记为迟到。",
    "Readings that arrive later than this many minutes are marked late.",
  ),
  late_waveforms_minutes: whole(
    10,
    1,
    129_600,
    "波形块到达晚于此时长（分钟）时标记为迟到。",
    "Waveform blocks that arrive later than this many minutes are marked late.",
  ),
  late_days_max: whole(
    90,
    1,
    3650,
    "早于此天数的读数和波形不再接收，请用导入补录。",
    "Readings and waveforms older than this many days are refused; import history instead.",
  ),
  keep_readings_days: whole(1100, 1, 36_500, "原始读数保留的天数。", "For how many days raw readings are kept."),
  keep_waveforms_days: whole(90, 1, 36_500, "原始波形保留的天数。", "For how many days raw waveforms are kept."),
  keep_rollups_days: whole(
    7300,
    1,
    36_500,
    "统计值（分钟、15 分钟、小时）保留的天数。",
    "For how many days roll-ups are kept.",
  ),
  disk_budget_gb: whole(
    0,
    0,
    1_000_000,
    "读数库可用的磁盘空间（GB）；0 为整块磁盘。将满时提前告警，满时不再确认新数据。",
    "Disk space that readings may use, in GB; 0 is the whole disk. It says early when that fills, and acknowledges nothing it cannot keep.",
  ),
  nats_url: text(
    "",
    "多机部署时 NATS JetStream 的地址，逗号分隔；留空为单机。",
    "NATS JetStream servers of a deployment on several machines, separated by commas; empty on one machine.",
    {
      test: (value) => /^(nats:\/\/[^,\s]+(,|$))*$/.test(value),
      allowed: {
        zh: "nats:// 开头的地址，逗号分隔，或留空",
        en: "addresses that begin with nats://, separated by commas, or nothing",
      },
    },
  ),
  clickhouse_url: text(
    "",
    "多机部署时存放读数的 ClickHouse 地址；留空时用内置读数库。",
    "A ClickHouse server that holds the readings of a deployment on several machines; when empty the embedded store serves.",
    { ...url(["http:", "https:"]), secret: true },
  ),
  cluster_partitions: whole(
    8,
    1,
    256,
    "多机部署时按测点划分的分区数；建成后不再改变。",
    "Partitions by point of a deployment on several machines; fixed once created.",
  ),
  memory_limit_mb: whole(256, 64, 65536, "读数库的内存上限（MB）。", "Memory limit of the readings store, in MB."),
  quarantine_keep_days: whole(
    90,
    1,
    3650,
    "隔离区内容保留的天数。",
    "For how many days refused messages are kept in quarantine.",
  ),
  lifelines_extra: list("城市自有专项所在的目录。", "Folders with the city's own lifelines."),
  wmts_url: text(
    "",
    "在线底图瓦片地址（含 {z} {x} {y}，如天地图 WMTS）；由浏览器直接读取，留空时只用本地底图。",
    "Address of online base map tiles with {z} {x} {y}, such as Tianditu's WMTS; browsers fetch them themselves; when empty only the local base map is shown.",
    url(["https:", "http:"]),
  ),
  province_url: text(
    "",
    "省级平台的地址；留空时不上报。",
    "The province's platform; when empty nothing is sent up.",
    url(["https:", "http:"]),
  ),
  province_key: text("", "省级平台发给本市的密钥。", "The key that the province gave this city.", { secret: true }),
  demo_seed: whole(
    7,
    0,
    2147483647,
    "演示城市的随机种子，同一种子得到同一城市。",
    "Seed of the demonstration city; the same seed gives the same city.",
  ),
  demo_speed: number(
    "decimal",
    1,
    0.1,
    3600,
    "演示城市的时间快于真实时间的倍数。",
    "How many times faster than wall time the demonstration city runs.",
  ),
  demo_days: whole(
    28,
    0,
    400,
    "新建演示城市时生成的历史天数。",
    "Days of history that a new demonstration city is given.",
  ),
  log_level: choice(["error", "warn", "info", "debug"], "info", "日志级别。", "How much is written to the log."),
}

export type SettingKey = keyof typeof settingTable
type Values = { [K in SettingKey]: (typeof settingTable)[K] extends Setting<infer T> ? T : never }

/** All settings by key, and where each value came from. */
export type Settings = Values & { origins: Record<SettingKey, Origin> }

export type SettingsInput = {
  /** Words after the script's name. */
  argv?: readonly string[]
  env?: Record<string, string | undefined>
  /** Further `--name value` flags of a command, handed back in `more`; the command checks them. */
  more?: readonly string[]
  /** Whether words without `--` are allowed; they come back in `words`. */
  words?: boolean
  /** The program's folder, from which the default data folder follows. */
  program?: string
}
export type SettingsRead = { settings: Settings; more: Record<string, string>; words: string[] }

const keys = Object.keys(settingTable) as SettingKey[]

/**
 * Reads settings: defaults, then mingmai.json in the data folder, then MINGMAI_<KEY>, then flags; later ones win.
 * The first thing that is wrong comes back as a problem whose sentence names the key, the value and what to do.
 */
export function readSettings(input: SettingsInput = {}): Result<SettingsRead> {
  const flags = flagsOf(settingTable, input.argv ?? [], input.more ?? [], input.words ?? false)
  if (!flags.ok) return flags
  const environment = environmentOf(settingTable, input.env ?? {})
  if (!environment.ok) return environment
  const outside = [...environment.value, ...flags.value.given]
  const named = String(outside.findLast((given) => given.key === "data_dir")?.raw ?? "").trim()
  const folder = resolve(named || defaultDataFolder(input.program ?? import.meta.dirname))
  const file = fileOf(settingTable, folder)
  if (!file.ok) return file

  const values: Record<string, unknown> = {}
  const origins: Record<string, Origin> = {}
  for (const key of keys) {
    values[key] = settingTable[key].fallback
    origins[key] = "default"
  }
  for (const given of [...file.value, ...outside]) {
    const setting: Setting<unknown> = settingTable[given.key as SettingKey]
    const value = setting.read(given.raw)
    if (value === undefined) return fail(wrongValue(given, setting))
    values[given.key] = value
    origins[given.key] = given.origin
  }
  values.data_dir = folder
  const settings = { ...(values as Values), origins: origins as Record<SettingKey, Origin> }
  const refused = unfit(settings)
  return refused ? fail(refused) : ok({ settings, more: flags.value.more, words: flags.value.words })
}

/** What single values cannot say: exposure, TLS pairs, ports that collide. */
function unfit(settings: Settings): Problem | null {
  const { http_host, http_port, mqtt_host, mqtt_port, mqtt_url, expose, tls_cert, tls_key, trusted_proxy } = settings
  if ((tls_cert === "") !== (tls_key === ""))
    return bad("tls_key", "tls_cert 与 tls_key 须同时设置", "tls_cert and tls_key must be given together")
  for (const [key, path] of Object.entries({ tls_cert, tls_key }))
    if (path !== "" && !existsSync(path))
      return bad(key, `${key} 指向的文件 ${path} 不存在`, `${key} names ${path}, which does not exist`, path)
  for (const [key, address] of Object.entries(mqtt_url ? { http_host } : { http_host, mqtt_host })) {
    if (isLoopback(address) || (expose && (tls_cert !== "" || trusted_proxy !== ""))) continue
    return bad(
      key,
      `${key} 为 ${address}，本机以外也能访问：须加 --expose，并设置 tls_cert 和 tls_key，或 trusted_proxy`,
      `${key} is ${address}, which other machines can reach: add --expose together with tls_cert and tls_key, or trusted_proxy`,
      address,
    )
  }
  if (http_port !== 0 && http_port === mqtt_port && mqtt_url === "")
    return bad(
      "mqtt_port",
      `http_port 与 mqtt_port 都是 ${http_port}`,
      `http_port and mqtt_port are both ${http_port}; choose two`,
    )
  const misplaced = unfitCluster(settings)
  if (misplaced) return misplaced
  if (settings.province_url !== "" && settings.province_key === "")
    return bad("province_key", "设置了 province_url，还须设置 province_key", "province_url also needs province_key")
  return null
}

/** A role of its own needs what the processes share, and not what only one machine can do. */
function unfitCluster({ role, ...settings }: Settings): Problem | null {
  if (role === "all")
    return settings.nats_url === ""
      ? null
      : bad(
          "role",
          "设置了 nats_url，role 须为 door、store 或 detector；单机请留空 nats_url",
          "nats_url is set, so role must be door, store or detector; on one machine leave nats_url empty",
          role,
        )
  for (const key of ["database_url", "nats_url", "clickhouse_url"] as const)
    if (settings[key] === "") return bad(key, `role 为 ${role} 时须设置 ${key}`, `The role ${role} also needs ${key}`)
  if (settings.level !== "city")
    return bad("level", `role 为 ${role} 时 level 须为 city`, `The role ${role} needs the level city`, settings.level)
  if (settings.mqtt_url !== "")
    return bad(
      "mqtt_url",
      `role 为 ${role} 时用各接入进程内置的 MQTT 服务，请留空 mqtt_url`,
      `With the role ${role} each door brings its own MQTT broker: leave mqtt_url empty`,
    )
  return null
}

/** True for addresses that only this machine can reach. */
export const isLoopback = (address: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/.test(address)

/**
 * `data` beside the program when it can be written; as root also only when other users can walk there, because the
 * database refuses to run as root. Otherwise the place where services, or a person, keep such things.
 */
export function defaultDataFolder(program: string): string {
  const root = process.getuid?.() === 0
  const beside = join(program, "data")
  if (canWrite(beside) && (!root || othersCanEnter(dirname(beside)))) return beside
  return root ? "/var/lib/mingmai" : join(homedir(), "mingmai-data")
}

function canWrite(folder: string): boolean {
  try {
    accessSync(existsSync(folder) ? folder : dirname(folder), constants.W_OK)
    return true
  } catch {
    return false // accessSync says no by throwing.
  }
}

function othersCanEnter(folder: string): boolean {
  const parent = dirname(folder)
  return (statSync(folder).mode & 0o001) !== 0 && (parent === folder || othersCanEnter(parent))
}

/** Settings as they may be shown: secrets are replaced by "set" or "not set". */
export function shownSettings(settings: Settings): { key: SettingKey; value: string; origin: Origin }[] {
  return keys.map((key) => {
    const setting: Setting<unknown> = settingTable[key]
    const value = settings[key]
    const shown = setting.secret ? (value ? "set" : "not set") : Array.isArray(value) ? value.join(",") : String(value)
    return { key, value: shown, origin: settings.origins[key] }
  })
}

/** The manual's table of all settings, as Markdown. */
export function settingsTable(language: "zh" | "en"): string {
  const head =
    language === "zh"
      ? "| 设置 | 默认值 | 允许的值 | 说明 |\n|---|---|---|---|"
      : "| Setting | Default | Allowed | What it does |\n|---|---|---|---|"
  const rows = keys.map((key) => {
    const setting: Setting<unknown> = settingTable[key]
    const fallback = Array.isArray(setting.fallback) ? setting.fallback.join(",") : String(setting.fallback)
    const shown = fallback === "" ? "—" : `\`${fallback}\``
    return `| \`${key}\` | ${shown} | ${setting.allowed[language]} | ${setting.says[language]} |`
  })
  return `${head}\n${rows.join("\n")}\n`
}
