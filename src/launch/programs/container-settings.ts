import { replaceText, type Slot } from '../args/slot.js';
import type { EnvSetting, Setting } from '../reading.js';

/** Host side of a published port (`8000:80`, `127.0.0.1:8000:80/tcp`); null where docker chooses one, and for a range. */
export const hostPort = (text: string): number | null => {
  const parts = text.replace(/\/(?:tcp|udp)$/, '').split(':');
  const host = parts.length > 1 ? parts.at(-2)! : '';
  const single = parts.length === 1 ? '' : host;
  return /^\d{1,5}$/.test(single) ? Number(single) : null;
};

/** `"device=0,1"`, `'"device=0"'`, `all`, `2` without its quotes and `device=`. */
export const gpuText = (text: string): string => text.replace(/["']/g, '').replace(/^device=/, '');

/** `--gpus` as a setting; `device=` and its quotes stay where they are. */
export const gpuSetting = (slot: Slot): Setting => ({
  value: gpuText(slot.text.text),
  at: slot.start,
  set: (_text, wanted) => {
    const old = slot.text.text;
    const device = /^("?)device=/.exec(old);
    return replaceText(slot, device ? `${device[1]}device=${wanted}${device[1]}` : wanted);
  },
});

/** `NAME=value` as an environment setting; none for a name that is only passed through. */
export const envPair = (slot: Slot): EnvSetting | null => {
  const match = /^([A-Za-z_]\w{0,100})=/.exec(slot.text.text);
  if (!match) return null;
  const value = slot.text.slice(match[0].length);
  const at = slot.text.end(match[0].length - 1);
  return {
    name: match[1]!,
    value: value.text,
    at: slot.start,
    set: (_text, wanted) => {
      const place = value.place();
      if (place) return [{ start: place.start, end: place.end, text: place.context.encode(wanted) }];
      if (value.length) return replaceText(slot, `${match[0]}${wanted}`);
      return [{ start: at, end: at, text: slot.text.context(match[0].length - 1).encode(wanted) }];
    },
  };
};

/** apptainer takes several pairs in one `--env A=1,B=2`. */
export const envPairs = (slot: Slot, several: boolean): EnvSetting[] => {
  if (!several) return [envPair(slot)].filter(pair => pair !== null);
  const pairs: EnvSetting[] = [];
  let from = 0;
  for (const part of slot.text.text.split(/,(?=[A-Za-z_]\w{0,100}=)/)) {
    const pair = envPair({ ...slot, text: slot.text.slice(from, from + part.length) });
    if (pair) pairs.push(pair);
    from += part.length + 1;
  }
  return pairs;
};
