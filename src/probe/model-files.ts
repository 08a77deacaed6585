import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { home } from '../common/home.js';
import { parseConfigJson, totalSizeOf } from './parsers/model-config.js';

/** What lies on this machine about a model. Only JSON and safetensors headers are read; no code of a model is ever run. */
export interface ModelFiles {
  folder: string;
  /** Parsed config.json, with hf_quant_config.json's content under `quantization_config` where it has none of its own. */
  config: unknown;
  /** Bytes of all tensors in the safetensors files; null when there are none (or not all are there). */
  checkpointBytes: number | null;
}

/** ModelOpt's configs reach megabytes; anything beyond this is no config. */
const MAX_JSON_BYTES = 32 << 20;

const readJson = async (path: string): Promise<unknown> => {
  try {
    const info = await stat(path);
    return info.size > MAX_JSON_BYTES ? null : parseConfigJson(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
};

/** The snapshot of a repository in the Hugging Face cache that `main` points to. */
const cachedFolder = async (model: string, env: NodeJS.ProcessEnv): Promise<string | null> => {
  if (!/^[\w.-]{1,96}\/[\w.-]{1,96}$/.test(model)) return null;
  const hub =
    env.HF_HUB_CACHE ??
    env.HUGGINGFACE_HUB_CACHE ??
    join(env.HF_HOME ?? join(env.XDG_CACHE_HOME ?? join(home(), '.cache'), 'huggingface'), 'hub');
  const repository = join(hub, `models--${model.replace('/', '--')}`);
  try {
    const revision = (await readFile(join(repository, 'refs', 'main'), 'utf8')).trim();
    return /^[\w.-]{1,80}$/.test(revision) ? join(repository, 'snapshots', revision) : null;
  } catch {
    return null;
  }
};

/** Bytes of the tensors in one safetensors file: its size without the header, whose length stands in the first 8 bytes. */
const tensorBytes = async (path: string): Promise<number | null> => {
  let handle: FileHandle | null = null;
  try {
    handle = await open(path, 'r');
    const { size } = await handle.stat();
    const head = Buffer.alloc(8);
    await handle.read(head, 0, 8, 0);
    const header = Number(head.readBigUInt64LE());
    return size > header + 8 ? size - header - 8 : null;
  } catch {
    return null;
  } finally {
    await handle?.close();
  }
};

const checkpointBytes = async (folder: string): Promise<number | null> => {
  const stated = totalSizeOf(await readJson(join(folder, 'model.safetensors.index.json')));
  if (stated !== null) return stated;
  const names = (await readdir(folder).catch(() => [])).filter(
    name => /\.safetensors$/.test(name) && !/^consolidated/.test(name),
  );
  if (names.length === 0 || names.length > 2000) return null;
  const sizes = await Promise.all(names.map(name => tensorBytes(join(folder, name))));
  return sizes.some(size => size === null) ? null : (sizes as number[]).reduce((a, b) => a + b, 0);
};

/** The files of a model given as a local folder or a repository in the Hugging Face cache; null when nothing is there. */
export const readModelFiles = async (
  model: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ModelFiles | null> => {
  const local = await stat(model).then(
    info => info.isDirectory(),
    () => false,
  );
  const folder = local ? model : await cachedFolder(model, env);
  if (!folder) return null;
  const config = await readJson(join(folder, 'config.json'));
  if (typeof config !== 'object' || config === null) return null;
  const quantised = 'quantization_config' in config;
  const beside = quantised ? null : await readJson(join(folder, 'hf_quant_config.json'));
  return {
    folder,
    config: beside ? { ...config, quantization_config: beside } : config,
    checkpointBytes: await checkpointBytes(folder),
  };
};
