import { createHash, timingSafeEqual } from "node:crypto"

/** Secrets of devices are long and random, so a plain SHA-256 keeps them; people's passwords use argon2. */
export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex")

export function sameSecret(secret: string, hash: string): boolean {
  const given = Buffer.from(hashSecret(secret), "hex")
  const kept = Buffer.from(hash, "hex")
  return given.length === kept.length && timingSafeEqual(given, kept)
}
