import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterAll, describe, expect, it } from "vitest"
import { readSettings, type SettingsInput, settingsTable, settingTable, shownSettings } from "./settings.ts"

const folder = mkdtempSync(join(tmpdir(), "settings-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function read(input: SettingsInput) {
  const result = readSettings({ program: folder, ...input })
  if (!result.ok) throw new Error(`${result.problem.title.en} / ${result.problem.title.zh}`)
  return result.value
}
const sentence = (input: SettingsInput) => {
  const result = readSettings({ program: folder, ...input })
  return result.ok ? "" : result.problem.title.en
}

describe("settings", () => {
  it("come from defaults, file, environment and flags, and later ones win", () => {
    const data = join(folder, "data-1")
    mkdirSync(data)
    writeFileSync(join(data, "mingmai.json"), `{"http_port":8001,"mqtt_port":2001,"city_name":"合肥市","expose":true}`)
    const { settings } = read({
      env: { MINGMAI_HTTP_PORT: "8002", MINGMAI_MQTT_PORT: "2002", PATH: "/bin" },
      argv: ["--http-port", "8003", `--data-dir=${data}`, "--language=en"],
    })
    expect(settings).toMatchObject({
      http_port: 8003,
      mqtt_port: 2002,
      city_name: "合肥市",
      expose: true,
      level: "city",
    })
    expect(settings.origins).toMatchObject({
      http_port: "flag",
      mqtt_port: "environment",
      city_name: "file",
      level: "default",
      data_dir: "flag",
    })
    expect(settings.data_dir).toBe(data)
  })

  it("puts data beside the program, also when the folder's name is left empty", () => {
    // A test folder is closed to other accounts, so that root is sent to the place for services.
    const wanted = process.getuid?.() === 0 ? "/var/lib/mingmai" : join(folder, "data")
    expect(read({}).settings.data_dir).toBe(wanted)
    expect(read({ env: { MINGMAI_DATA_DIR: " " } }).settings.data_dir).toBe(wanted)
    expect(read({ argv: ["--data_dir", "here"] }).settings.data_dir).toBe(join(process.cwd(), "here"))
  })

  it("refuses unknown keys and names the nearest", () => {
    expect(sentence({ argv: ["--http-prot", "1"] })).toContain("did you mean --http-port?")
    expect(sentence({ env: { MINGMAI_LANGUGE: "zh" } })).toContain("did you mean MINGMAI_LANGUAGE?")
    expect(sentence({ argv: ["--qqqqqqqqqqqq", "1"] })).toContain("docs/guide/settings.md")
    expect(sentence({ argv: ["start"] })).toContain('"start" is not understood')
  })

  it("refuses wrong values and says what is allowed", () => {
    expect(sentence({ argv: ["--http-port", "70000"] })).toContain("a whole number from 0 to 65535")
    expect(sentence({ argv: ["--mode", "live"] })).toContain("demo, real, replay")
    expect(sentence({ argv: ["--time-zone", "Asia/Hefei"] })).toContain("IANA zone")
    expect(sentence({ argv: ["--mode"] })).toContain("needs a value")
    expect(sentence({ argv: ["--database-url", "http://user:secret@x"] })).not.toContain("secret")
    const data = join(folder, "data-2")
    mkdirSync(data)
    writeFileSync(join(data, "mingmai.json"), `{"http_port": }`)
    expect(sentence({ argv: ["--data-dir", data] })).toContain("cannot be read as JSON")
  })

  it("refuses an open address without TLS or a trusted proxy", () => {
    const open = ["--http-host", "0.0.0.0"]
    expect(sentence({ argv: open })).toContain("add --expose together with tls_cert and tls_key, or trusted_proxy")
    expect(sentence({ argv: [...open, "--expose"] })).toContain("http_host is 0.0.0.0")
    expect(sentence({ argv: ["--mqtt-host", "10.0.0.1", "--expose"] })).toContain("mqtt_host is 10.0.0.1")
    expect(read({ argv: [...open, "--expose", "--trusted-proxy", "10.0.0.2"] }).settings.http_host).toBe("0.0.0.0")
    expect(sentence({ argv: ["--tls-cert", "/nowhere.pem"] })).toContain("must be given together")
    expect(sentence({ argv: ["--tls-cert", "/nowhere.pem", "--tls-key", "/no.pem"] })).toContain("does not exist")
  })

  it("refuses a role among several processes without what they share, and what only one can do", () => {
    const shared = [
      "--nats-url",
      "nats://a:4222",
      "--clickhouse-url",
      "http://c:8123",
      "--database-url",
      "postgres://d/m",
    ]
    for (const role of ["door", "store", "detector"]) {
      expect(sentence({ argv: ["--role", role, ...shared] })).toBe("")
      for (const key of ["nats-url", "clickhouse-url", "database-url"]) {
        const at = shared.indexOf(`--${key}`)
        const without = ["--role", role, ...shared.toSpliced(at, 2)]
        expect(sentence({ argv: without })).toContain(`needs ${key.replace("-", "_")}`)
      }
    }
    expect(sentence({ argv: ["--role", "door", "--mqtt-url", "mqtt://b", ...shared] })).toContain("mqtt_url")
    expect(sentence({ argv: ["--role", "door", "--level", "province", ...shared] })).toContain("level city")
    expect(sentence({ argv: shared })).toContain("role must be")
    expect(sentence({ argv: shared.slice(2) })).toBe("")
  })

  it("hands a command its own flags and words", () => {
    const got = read({ argv: ["pipes.csv", "--network", "water", "--no-expose"], more: ["network"], words: true })
    expect(got).toMatchObject({ more: { network: "water" }, words: ["pipes.csv"] })
    expect(got.settings.expose).toBe(false)
  })

  it("shows no secrets", () => {
    const { settings } = read({ argv: ["--province-key", "hush", "--province-url", "https://p"] })
    expect(JSON.stringify(shownSettings(settings))).not.toContain("hush")
  })

  it("prints one row a setting in both languages", () => {
    for (const language of ["zh", "en"] as const)
      expect(settingsTable(language).trim().split("\n")).toHaveLength(Object.keys(settingTable).length + 2)
  })

  it("never throws, whatever the words", () => {
    const word = fc.oneof(fc.string(), fc.constantFrom("--http-port", "--expose", "--mode=demo", "--", "--=", "7"))
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (argv) => void readSettings({ argv, program: folder })),
      {
        numRuns: 300,
      },
    )
  })
})
