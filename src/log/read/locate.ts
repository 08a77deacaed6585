/** How the line of an output looks that tells a fact, where the value does not stand in it as it is; likeliest first. */
const SIGNS: Record<string, RegExp[]> = {
  gpuTotalGiB: [/MiB|memory/i],
  shmGiB: [/ShmSize|shm_size/i, /[%-]\s{1,10}\/dev\/shm$|\/dev\/shm type/],
  hostLimitGiB: [/"?memory"?:|mem_limit|memory\.(?:max|limit)/i],
  hostRamGiB: [/Mem(?:Total)?:/],
  isWsl: [/microsoft|WSL/i],
  exitCode: [/exit/i],
  otherProcessesGiB: [/\d ?MiB \|?$/],
};
/** The count stands nowhere: the last line that lists a GPU shows it. */
const LISTED = /^\|?\s{0,8}(?:GPU )?\d{1,3}[:,]?\s{1,8}\S/;

/** The line of an output that tells a fact: the one with its value, else one that looks like it, else the first. */
export const locate = (name: string, value: unknown, lines: { text: string; line: number }[]): number => {
  if (name === 'gpuCount') return (lines.findLast(({ text }) => LISTED.test(text)) ?? lines[0]!).line;
  for (const sign of SIGNS[name] ?? []) {
    const found = lines.find(({ text }) => sign.test(text));
    if (found) return found.line;
  }
  return (lines.find(({ text }) => text.includes(String(value))) ?? lines[0]!).line;
};
