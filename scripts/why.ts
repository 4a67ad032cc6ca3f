/** npm run why -- warning <id>: the chain from readings to closure. */
import type { WhyView } from "../stages/warning/views.ts"
import { command, commandLine, connectInstance } from "./instance.ts"

await command(async () => {
  const { settings, words } = commandLine()
  const [what, id] = words
  if (what !== "warning" || !/^\d+$/.test(id ?? "")) throw new Error("npm run why -- warning <id>")
  const instance = await connectInstance(settings)
  try {
    const { warning, lines } = await instance.api.get<WhyView>(`/api/warning/warnings/${id}/why`)
    const zh = settings.language === "zh"
    console.log(`${warning.code}  ${warning.title}  (${warning.state})`)
    for (const line of lines) {
      const time = line.time === null ? " ".repeat(20) : new Date(line.time).toISOString().slice(0, 19).concat("Z")
      console.log(`${time}  ${"  ".repeat(line.depth)}${zh ? line.words.zh : line.words.en}`)
    }
  } finally {
    await instance.close()
  }
})
