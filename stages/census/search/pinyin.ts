/** How Chinese words are typed without a Chinese keyboard: whole syllables ("changjiang") and initials ("cj"). */
import { pinyin } from "pinyin-pro"

/** Words with a context of their own are read as words (长江 chang, 生长 zhang); of so many distinct texts. */
const words_max = 30_000

/** Syllables and initials of texts, small letters; null where a text has no Chinese character. */
export function pinyinReader() {
  let read = 0
  const characters = new Map<string, string>()
  const ofCharacter = (c: string): string => {
    let syllable = characters.get(c)
    if (syllable === undefined) {
      syllable = han.test(c) ? pinyin(c, { toneType: "none", v: true }) : c
      characters.set(c, syllable)
    }
    return syllable
  }
  return (text: string): { full: string; initials: string } | null => {
    if (!han.test(text)) return null
    const syllables =
      read++ < words_max ? pinyin(text, { toneType: "none", type: "array", v: true }) : Array.from(text, ofCharacter)
    return {
      full: syllables.join("").toLowerCase(),
      initials: syllables
        .map((syllable) => syllable[0] ?? "")
        .join("")
        .toLowerCase(),
    }
  }
}

const han = /\p{Script=Han}/u
