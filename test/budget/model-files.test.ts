import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModelFiles } from '../../src/probe/model-files.js';

let root: string;

/** A safetensors file with `bytes` of tensors: length of the header, header, data. */
const safetensors = (bytes: number): Buffer => {
  const header = Buffer.from(JSON.stringify({ x: { dtype: 'BF16', shape: [bytes / 2], data_offsets: [0, bytes] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(bytes)]);
};

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'model-files-'));
  const local = join(root, 'local');
  mkdirSync(local);
  writeFileSync(join(local, 'config.json'), '{"model_type": "nemotron_h", "time_step_limit": [0.0, Infinity]}');
  writeFileSync(join(local, 'hf_quant_config.json'), '{"quantization": {"quant_algo": "FP8"}}');
  writeFileSync(join(local, 'model-1.safetensors'), safetensors(1000));
  writeFileSync(join(local, 'model-2.safetensors'), safetensors(500));
  const repository = join(root, 'hub', 'models--org--name');
  mkdirSync(join(repository, 'refs'), { recursive: true });
  mkdirSync(join(repository, 'snapshots', 'abc123'), { recursive: true });
  writeFileSync(join(repository, 'refs', 'main'), 'abc123\n');
  writeFileSync(join(repository, 'snapshots', 'abc123', 'config.json'), '{"model_type": "llama"}');
  writeFileSync(
    join(repository, 'snapshots', 'abc123', 'model.safetensors.index.json'),
    '{"metadata": {"total_size": 4096}}',
  );
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('files of a model', () => {
  it('reads a local folder: config, quantisation beside it, size of the tensors', async () => {
    const files = (await readModelFiles(join(root, 'local'), {}))!;
    expect(files.config).toEqual({
      model_type: 'nemotron_h',
      time_step_limit: [0, null],
      quantization_config: { quantization: { quant_algo: 'FP8' } },
    });
    expect(files.checkpointBytes).toBe(1500);
  });

  it('finds a repository in the Hugging Face cache', async () => {
    const files = (await readModelFiles('org/name', { HF_HUB_CACHE: join(root, 'hub') }))!;
    expect(files.config).toEqual({ model_type: 'llama' });
    expect(files.checkpointBytes).toBe(4096);
  });

  it('finds nothing where nothing is, and leaves no cache by a crafted name', async () => {
    const env = { HF_HUB_CACHE: join(root, 'hub') };
    expect(await readModelFiles('org/other', env)).toBeNull();
    expect(await readModelFiles('../../../etc/passwd', env)).toBeNull();
    expect(await readModelFiles(join(root, 'hub'), env)).toBeNull();
  });
});
