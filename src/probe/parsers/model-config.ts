/**
 * Parses a config.json as Python writes it: `Infinity` and `NaN`, which JSON does not know, become null.
 * @throws SyntaxError for anything else that is no JSON
 */
export const parseConfigJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Only where a value may stand: after a colon, a comma or an opening bracket, outside of strings in practice.
    const plain = text.replace(/([:,[]\s{0,200})-?(?:Infinity|NaN)(?=\s{0,200}[,\]}])/g, '$1null');
    if (plain === text) throw error;
    return JSON.parse(plain);
  }
};

/** Size of all tensors in bytes as a `model.safetensors.index.json` states it; null when it does not. */
export const totalSizeOf = (index: unknown): number | null => {
  const metadata = (index as { metadata?: { total_size?: unknown } } | null)?.metadata;
  const size = metadata?.total_size;
  return typeof size === 'number' && size > 0 ? size : null;
};
