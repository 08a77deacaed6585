import { createWriteStream, mkdirSync, type WriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { maskSecrets } from '../common/mask.js';
import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';

/** What `run --save DIR` keeps of one start: the output with tokens masked, and the diagnosis beside it. */
export class RunRecord {
  private readonly stream: WriteStream;
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';
  private readonly path: string;

  /** @throws UserError 65 when the folder cannot be written */
  constructor(folder: string, started: Date, attempt: number) {
    const stamp = started.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
    this.path = join(folder, `vllm-${stamp}${attempt > 1 ? `-${attempt}` : ''}`);
    try {
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${this.path}.log`, '', { mode: 0o600 });
    } catch (error) {
      throw new UserError(
        EXIT.badInput,
        {
          en: `--save ${folder}: cannot be written (${(error as NodeJS.ErrnoException).code}).`,
          zh: `--save ${folder}：无法写入（${(error as NodeJS.ErrnoException).code}）。`,
        },
        { en: 'Name a folder that you may write.', zh: '请指定可写的目录。' },
      );
    }
    this.stream = createWriteStream(`${this.path}.log`, { flags: 'a' });
    this.stream.on('error', () => {});
  }

  /** Whole lines only, so that no token is cut in two before it is masked. */
  add(chunk: Buffer): void {
    const text = this.rest + this.decoder.write(chunk);
    const end = text.lastIndexOf('\n') + 1;
    this.rest = text.slice(end);
    if (end > 0) this.stream.write(maskSecrets(text.slice(0, end)));
  }

  /** @returns the files written */
  async close(report: { text: string; json: string } | null): Promise<string[]> {
    if (this.rest) this.stream.write(maskSecrets(this.rest));
    await new Promise(resolve => this.stream.end(resolve));
    if (!report) return [`${this.path}.log`];
    writeFileSync(`${this.path}.txt`, report.text, { mode: 0o600 });
    writeFileSync(`${this.path}.json`, report.json, { mode: 0o600 });
    return ['log', 'txt', 'json'].map(kind => `${this.path}.${kind}`);
  }
}
