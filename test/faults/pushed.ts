/** The value of reading `n` of device `i`: a sound pressure that numbers the reading among its neighbours. */
export const pushedValue = (i: number, n: number): number => 30 + ((n * 7 + i) % 1000) / 100
