import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createPeriodogram, peakFrequency, rms, spectrogram, welch } from "./index.ts"

const sine = (n: number, rate_hz: number, hz: number, amplitude = 1, offset = 0) =>
  Float64Array.from({ length: n }, (_, i) => offset + amplitude * Math.sin((2 * Math.PI * hz * i) / rate_hz + 0.3))

describe("welch", () => {
  it("finds a sine between bins to a twentieth of a bin, with its mean square under the curve", () => {
    for (const hz of [1.03, 3.89, 5.02, 9.8, 17.77]) {
      const { density, frequency_hz, segments } = welch(sine(3000, 50, hz, 0.4, 9.81), 50)
      expect(segments).toBe(10)
      expect(Math.abs(peakFrequency(density, 50, 512)! - hz)).toBeLessThan(0.05 * (50 / 512))
      const power = density.reduce((sum, d) => sum + d, 0) * frequency_hz[1]!
      expect(power).toBeCloseTo((0.4 * 0.4) / 2, 3)
    }
  })

  it("keeps Parseval's equation for any segment", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 64, maxLength: 64 }),
        (samples) => {
          const { density, frequency_hz } = welch(samples, 20, { segment: 64 })
          const mean = samples.reduce((a, b) => a + b, 0) / 64
          const window = samples.map((_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / 64))
          const windowed = samples.reduce((sum, x, i) => sum + ((x - mean) * window[i]!) ** 2, 0)
          const expected = windowed / window.reduce((sum, w) => sum + w * w, 0)
          const got = density.reduce((sum, d) => sum + d, 0) * frequency_hz[1]!
          expect(Math.abs(got - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, expected))
        },
      ),
    )
  })

  it("takes shorter runs with a shorter segment and refuses what has no spectrum", () => {
    expect(welch(sine(100, 50, 5), 50).frequency_hz.length).toBe(33)
    expect(() => welch([1, 2, 3], 50)).toThrow("3 samples: a spectrum needs 8")
    expect(() => welch(sine(64, 50, 5), 0)).toThrow("rate_hz 0")
    expect(() => welch(sine(64, 50, 5), 50, { overlap: 1 })).toThrow("overlap 1")
    expect(() => createPeriodogram(500)).toThrow("segment 500 must be a power of two")
    expect(peakFrequency(welch(new Float64Array(512), 50).density, 50, 512)).toBeNull()
  })
})

describe("spectrogram", () => {
  it("shows when a frequency came, in at most as many columns as asked for", () => {
    const samples = [...sine(5000, 50, 4), ...sine(5000, 50, 12)]
    const { time_s, frequency_hz, density } = spectrogram(samples, 50, { segment: 256, columns: 20 })
    expect(time_s.length).toBe(20)
    const peak = (c: number) => peakFrequency(density, 50, 256, c * frequency_hz.length)!
    expect(Math.abs(peak(2) - 4)).toBeLessThan(0.05)
    expect(Math.abs(peak(17) - 12)).toBeLessThan(0.05)
    expect(time_s[0]).toBeCloseTo(2.56)
    expect(time_s[19]).toBeCloseTo(200 - 2.56)
  })
})

it("rms is about the mean, whatever the offset", () => {
  expect(rms(sine(5000, 50, 5, 2, 1e6))).toBeCloseTo(Math.SQRT2, 6)
  expect(rms([])).toBeNaN()
})
