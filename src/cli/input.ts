import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import type { Text } from '../common/text.js';
import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';

export interface InputText {
  name: string;
  text: AsyncIterable<string>;
}

const PASTE_HINT: Text = {
  en: 'Give the text that vLLM printed: a file, several files, or - for standard input.',
  zh: '请给出 vLLM 输出的文本：一个或多个文件，或用 - 表示标准输入。',
};

/** Decodes UTF-8 (and UTF-16 with a byte order mark, as PowerShell's `>` writes it) chunk by chunk. */
async function* decode(chunks: AsyncIterable<Buffer>): AsyncIterable<string> {
  let decoder: StringDecoder | null = null;
  for await (const chunk of chunks) {
    if (!decoder) {
      const utf16 = chunk[0] === 0xff && chunk[1] === 0xfe;
      decoder = new StringDecoder(utf16 ? 'utf16le' : 'utf8');
      const text = decoder.write(chunk);
      yield text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    } else yield decoder.write(chunk);
  }
  if (decoder) yield decoder.end();
}

/** True for bytes that no log holds: zero bytes outside UTF-16, or a known archive's first bytes. */
const looksBinary = (head: Buffer): boolean => {
  if (head[0] === 0xff && head[1] === 0xfe) return false;
  if (head[0] === 0x1f && head[1] === 0x8b) return true;
  const zeros = head.filter(byte => byte === 0).length;
  return zeros > head.length / 100;
};

/**
 * Opens a log file for reading, or says why it cannot be read and what to do.
 * @throws UserError 65 for a missing, unreadable, empty or binary file or a directory
 */
export const openFile = async (path: string): Promise<InputText> => {
  const fail = (what: Text, next: Text) => new UserError(EXIT.badInput, what, next);
  const unreadable = ({ code }: NodeJS.ErrnoException) =>
    fail(
      { en: `"${path}" cannot be read (${code}).`, zh: `无法读取 "${path}"（${code}）。` },
      {
        en: 'Check its permissions, or pipe the text: cat FILE | vllm-oom-doctor',
        zh: '请检查权限，或用管道：cat FILE | vllm-oom-doctor',
      },
    );
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw fail(
        { en: `there is no file "${path}".`, zh: `没有文件 "${path}"。` },
        { en: 'Check the path, or paste the log: vllm-oom-doctor', zh: '请检查路径，或粘贴日志：vllm-oom-doctor' },
      );
    throw unreadable(error);
  });
  if (info.isDirectory())
    throw fail(
      { en: `"${path}" is a directory.`, zh: `"${path}" 是目录。` },
      {
        en: `Name the log file in it, e.g. vllm-oom-doctor ${path.replace(/\/$/, '')}/*.log`,
        zh: `请指定其中的日志文件，例如：vllm-oom-doctor ${path.replace(/\/$/, '')}/*.log`,
      },
    );
  if (info.isFile()) {
    const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      throw unreadable(error);
    });
    try {
      if (info.size === 0) throw fail({ en: `"${path}" is empty.`, zh: `"${path}" 是空文件。` }, PASTE_HINT);
      const head = Buffer.alloc(Math.min(4096, info.size));
      await handle.read(head, 0, head.length, 0);
      if (looksBinary(head))
        throw fail(
          { en: `"${path}" is not text (binary data).`, zh: `"${path}" 不是文本（二进制数据）。` },
          {
            en: `If it is compressed, unpack it first (gzip -dc FILE | vllm-oom-doctor diagnose -). ${PASTE_HINT.en}`,
            zh: `如果是压缩文件，请先解压（gzip -dc FILE | vllm-oom-doctor diagnose -）。${PASTE_HINT.zh}`,
          },
        );
    } finally {
      await handle.close();
    }
  }
  return { name: path, text: decode(createReadStream(path, { highWaterMark: 1 << 18 })) };
};

/** Standard input as a text. */
export const openStdin = (): InputText => ({ name: '-', text: decode(process.stdin) });

/** The files named, `-` for standard input; standard input too when none is named and it is no terminal. */
export const openInputs = async (names: string[]): Promise<InputText[]> => {
  const wanted = names.length === 0 && !process.stdin.isTTY ? ['-'] : names;
  return Promise.all(wanted.map(name => (name === '-' ? openStdin() : openFile(name))));
};

/** No launch, compose file or saved output of a tool is as long as this. */
const LONGEST_TEXT = 16 * 2 ** 20;

/** All of a (small) text; for launch files and the like. @throws UserError 65 when it does not end */
export const readAll = async (input: InputText): Promise<string> => {
  let text = '';
  for await (const chunk of input.text) {
    text += chunk;
    if (text.length > LONGEST_TEXT)
      throw new UserError(
        EXIT.badInput,
        { en: `"${input.name}" is longer than 16 MiB.`, zh: `“${input.name}”超过 16 MiB。` },
        {
          en: 'Give the launch alone; a log goes to: vllm-oom-doctor diagnose FILE',
          zh: '请只给出启动命令；日志请用：vllm-oom-doctor diagnose 文件',
        },
      );
  }
  return text;
};
