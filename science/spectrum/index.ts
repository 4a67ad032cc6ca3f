export { createPeriodogram, type Periodogram, peakFrequency } from "./periodogram.ts"
export { rms, type Spectrogram, type Spectrum, type SpectrumOptions, spectrogram, welch } from "./welch.ts"
