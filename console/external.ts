import { useSyncExternalStore } from "react"

/** One value that lives outside React and tells its readers when it changes. */
export type Store<T> = { get(): T; set(value: T): void; subscribe(listener: () => void): () => void }

export function store<T>(first: T): Store<T> {
  let value = first
  const listeners = new Set<() => void>()
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return
      value = next
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export const useStore = <T>(s: Store<T>): T => useSyncExternalStore(s.subscribe, s.get)

/** A store that remembers its value in this browser; a browser that forbids it starts from `first` each time. */
export function remembered<T extends string>(key: string, first: T, allowed: readonly T[]): Store<T> {
  const saved = read(key)
  const s = store<T>(allowed.includes(saved as T) ? (saved as T) : first)
  s.subscribe(() => write(key, s.get()))
  return s
}

const read = (key: string): string | null => {
  try {
    return localStorage.getItem(key)
  } catch {
    return null // Storage is forbidden in this browser; the first value serves.
  }
}
const write = (key: string, value: string): void => {
  try {
    localStorage.setItem(key, value)
  } catch (error) {
    console.warn(`setting ${key} could not be kept`, error)
  }
}
