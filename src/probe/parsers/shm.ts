import { bytesOf } from './text.js';
import type { Limits, Parser, Probe } from './types.js';

/** NCCL (also old: only shm.h is named), torch's file in /dev/shm, vLLM, data loaders. */
const FULL =
  /(?:\/dev\/shm|\bshm\.h|shmutils|nccl-shm|posix_fallocate|<\/torch_\w{1,60}>).{0,300}No space left on device|Insufficient space in \/dev\/shm|insufficient shared memory \(shm\)/i;

/** /dev/shm: df in any language (the mount point ends the line), NCCL's and Ray's complaints. */
export const parseShm: Parser = ({ lines, text }) => {
  const limits: Limits = {};
  const probe: Probe = {};
  lines.forEach((line, i) => {
    const df =
      /^\S{1,200}\s+(\d[\d.,]{0,15}[KMGTP]?i?B?)\s+(\d[\d.,]{0,15}[KMGTP]?i?B?)\s+(\d[\d.,]{0,15}[KMGTP]?i?B?)\s+(?:\d{1,3}%|-)\s+\/dev\/shm$/i.exec(
        line.trim(),
      );
    if (df) {
      const bare = blockSize(lines.slice(0, i));
      limits.shmBytes = bytesOf(df[1], bare);
      limits.shmUsedBytes = bytesOf(df[2], bare);
    }
    const mount = /\s\/dev\/shm\s.{0,200}\bsize=(\d{1,15}[kmgKMG]?)\b/.exec(line);
    if (mount) limits.shmBytes = bytesOf(mount[1]);
    if (FULL.test(line)) probe.error = 'shm-full';
  });
  const segment = /shared memory segment \S{1,120} \(size (\d{1,15})\)/.exec(text);
  if (segment) limits.shmNeededBytes = Number(segment[1]);
  const required = /Insufficient space in \/dev\/shm.{0,200}?(\d{1,9}(?:\.\d{1,6})?) ?([KMG]i?B) required/i.exec(text);
  if (required) limits.shmNeededBytes = bytesOf(`${required[1]} ${required[2]}`);
  const ray = /\/dev\/shm has only (\d{1,15}) bytes available/.exec(text);
  if (ray) limits.shmBytes = Number(ray[1]);
  if (Object.keys(limits).length === 0 && !probe.error) return null;
  return { ...probe, ...(Object.keys(limits).length > 0 && { limits }) };
};

/** Bytes of a block in df's header: 1K unless it says otherwise. */
const blockSize = (before: string[]): number => {
  const header = before.findLast(line => /\b1[BKMG]?-/.test(line)) ?? '';
  const unit = /\b1([BKMG])?-/.exec(header)?.[1] ?? 'K';
  return { B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[unit] ?? 2 ** 10;
};
