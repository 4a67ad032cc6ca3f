/** npm run restore -- <file> --data-dir <folder>: brings a backup back into an empty data folder. */
import { resolve } from "node:path"
import { restoreBackup } from "../wiring/restore.ts"
import { command, commandLine } from "./instance.ts"

if (import.meta.main) {
  await command(async () => {
    const { settings, words } = commandLine()
    const [name] = words
    if (!name) throw new Error("npm run restore -- <file.tar> --data-dir <empty folder>")
    const m = await restoreBackup(settings, resolve(name))
    console.log(
      `${settings.data_dir}: ${m.tables.length} tables, ${m.readings} readings up to batch ${m.batch}, city time ${new Date(m.city_time).toISOString()}`,
    )
    console.log(`npm start -- --data-dir ${settings.data_dir}`)
  })
}
