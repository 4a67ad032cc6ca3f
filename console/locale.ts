/**
 * A browser may name a language that Intl does not take ("en-US@posix" where LANG is C), and libraries that ask for it
 * when they are loaded would leave the page blank. Imported before everything else.
 */
try {
  new Intl.NumberFormat(navigator.language)
} catch {
  Object.defineProperty(navigator, "language", { value: "zh-CN", configurable: true })
}
