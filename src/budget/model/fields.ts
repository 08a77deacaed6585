/**
 * Reads values out of a config.json that anybody may have written: every access names its possible keys, checks the type
 * and bounds the size, so that a hostile or broken file yields "unknown" and neither a crash nor an endless loop.
 */
export class Fields {
  constructor(private readonly data: Record<string, unknown>) {}

  /** The first of the keys that holds a usable number; vLLM's counts never exceed 2^40. */
  number(...keys: string[]): number | null {
    for (const key of keys) {
      const value = this.data[key];
      if (typeof value === 'number' && Number.isFinite(value) && value >= 0 && value < 2 ** 40) return value;
    }
    return null;
  }

  flag(...keys: string[]): boolean | null {
    for (const key of keys) if (typeof this.data[key] === 'boolean') return this.data[key];
    return null;
  }

  text(...keys: string[]): string | null {
    for (const key of keys) if (typeof this.data[key] === 'string') return this.data[key];
    return null;
  }

  list(...keys: string[]): unknown[] | null {
    for (const key of keys) {
      const value = this.data[key];
      if (Array.isArray(value) && value.length > 0 && value.length <= MAX_LAYERS) return value;
    }
    return null;
  }

  part(...keys: string[]): Fields | null {
    for (const key of keys) {
      const value = this.data[key];
      if (isRecord(value)) return new Fields(value);
    }
    return null;
  }

  has(key: string): boolean {
    return this.data[key] !== undefined && this.data[key] !== null;
  }

  raw(key: string): unknown {
    return this.data[key];
  }
}

/** No published model comes near; a larger number is damage. */
export const MAX_LAYERS = 2000;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
