import gpuFiles from 'knowledge:gpus';
import modelFiles from 'knowledge:models';
import { RELEASES } from './release-data.js';

/** Names of the catalogues, for completing what somebody types. */
export const modelNames = (): string[] =>
  (Object.values(modelFiles) as { model: string; also?: string[] }[][])
    .flat()
    .flatMap(({ model, also = [] }) => [model, ...also])
    .sort((a, b) => a.localeCompare(b));

export const gpuNames = (): string[] =>
  (Object.values(gpuFiles) as { gpus: { name: string }[] }[]).flatMap(({ gpus }) => gpus.map(({ name }) => name));

/** The newest first. */
export const releaseNames = (): string[] => RELEASES.map(version => version.replace(/^v/, '')).reverse();
