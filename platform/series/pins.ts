/** Runs `work` while none of the tables and files of what is given may go away. */
export async function pinned<T>(things: readonly { readers: number }[], work: () => Promise<T>): Promise<T> {
  for (const s of things) s.readers++
  try {
    return await work()
  } finally {
    for (const s of things) s.readers--
  }
}
