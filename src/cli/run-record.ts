import { createWriteStream, mkdirSync, type WriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { maskSecrets } from '../common/mask.js';
import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';

/** Characters of a line that is still open which are kept back at most. */
const LONGEST_LINE = 1 << 18;

/** What `run --save DIR` keeps of one start: the output with tokens masked, and the diagnosis beside it. */
export class RunRecord {
  private readonly stream: WriteStream;
  private readonly decoder = new StringDecoder('utf8');
  /** What came since the last line's end, and its length. */
  private pieces: string[] = [];
  private waiting = 0;
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

  /** Whole lines only, so that no token is cut in two before it is masked; a line without end goes in long stretches. */
  add(chunk: Buffer): void {
    const text = this.decoder.write(chunk);
    const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
    if (end > 0) this.write(text.slice(0, end));
    this.pieces.push(text.slice(end));
    this.waiting += text.length - end;
    if (this.waiting >= LONGEST_LINE) this.write('');
  }

  private write(end: string): void {
    const whole = this.pieces.join('') + end;
    this.pieces = [];
    this.waiting = 0;
    if (whole) this.stream.write(maskSecrets(whole));
  }

  /** @returns the files written */
  async close(report: { text: string; json: string } | null): Promise<string[]> {
    this.write('');
    await new Promise(resolve => this.stream.end(resolve));
    if (!report) return [`${this.path}.log`];
    writeFileSync(`${this.path}.txt`, report.text, { mode: 0o600 });
    writeFileSync(`${this.path}.json`, report.json, { mode: 0o600 });
    return ['log', 'txt', 'json'].map(kind => `${this.path}.${kind}`);
  }
}
