/** A place for ten metres: without the area, the measured quantity and the code that the screen says elsewhere. */
export function shortPlace(place: string, title: string, code: string | null): string {
  let text = place.split("，").at(-1)!.trim()
  if (code && text.endsWith(code) && text.length > code.length + 1) text = text.slice(0, -code.length).trim()
  const [first, ...rest] = text.split(" ")
  return first && rest.length > 0 && title.includes(first) ? rest.join(" ") : text
}

/** A title cut at its words, so that a line never breaks inside one. */
export const wordsOf = (text: string, language: string): string[] =>
  [...new Intl.Segmenter(language, { granularity: "word" }).segment(text)].map((s) => s.segment)
