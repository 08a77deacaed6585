import type { LogRecord } from './record.js';

/** What a typed line may have before its command. */
const PROMPT =
  /^\s{0,12}(?:\$ |# |> |\+ |! ?|%|>>> |\(\w[\w.-]{0,60}\) ?[^$#>]{0,120}[$#] |[\w.-]{1,60}@[\w.-]{1,80}[^$#]{0,160}[$#] ?)?/;

/** Programs that start vLLM, with or without variables before them. */
const COMMAND =
  /^(?:(?:export|env|sudo|nohup|time|exec|set) )?(?:[A-Za-z_]\w{0,80}=(?:"[^"]{0,400}"|'[^']{0,400}'|[^\s"']{0,400}) ){0,40}(?:sudo (?:-\w+ )?|nohup |exec |time )?(?:\S{0,200}\/)?(?:vllm (?:serve|bench|chat|run-batch)\b|python[\d.]{0,6} (?:-\w+ ){0,3}(?:\S{0,200}vllm[\w./-]{0,200}|\S{1,200}\.py)|(?:docker|podman|nerdctl) (?:container )?(?:run|compose|create)\b|docker-compose \w+|lm_eval\b|lm-eval\b|trl vllm-serve|accelerate launch|torchrun |swift (?:deploy|infer|rollout|rlhf|sft)|xinference |ray (?:start|job)|llamafactory-cli |vllm --|kubectl (?:apply|run)|apptainer |singularity |srun |deepspeed |helm )/;
const PYTHON_CALL =
  /^\s{0,12}(?:self\.)?(?:[\w.]{1,40} {0,2}= {0,2})?(?:vllm\.)?(?:LLM|AsyncLLMEngine\.from_engine_args|AsyncEngineArgs|EngineArgs|LLMEngine\.from_engine_args)\(/;

/** How sure a line is the launch: the text's first line after a prompt, a command that names vLLM, a Python call, a wrapper. */
const rankOf = (text: string, isFirst: boolean, isCommand: boolean) =>
  isFirst ? 3 : isCommand && /vllm/i.test(text) ? 2 : isCommand ? 0 : 1;

/** How a Compose file or a Kubernetes manifest begins, and how its further lines look. */
const MANIFEST = /^(?:services:|apiVersion: ?\S)/;
const MANIFEST_LINE = /^(?:\s+\S|- |---|#|[\w.-]{1,60}:(?: |$))/;

const LONGEST = 20_000;

/** Watches for what started vLLM: a typed line with its continuation lines, a Python call, a manifest. */
export class LaunchFinder {
  private open: { text: string; line: number; balance: number; rank: number; isManifest: boolean } | null = null;
  private best: { text: string; line: number; rank: number } | null = null;

  isOpen(): boolean {
    return this.open !== null;
  }

  /** `isFirst`: the first line of the text, where a command is the launch if it can be one at all. */
  read(record: LogRecord, isFirst: boolean, inTrace: boolean): void {
    if (this.open) {
      if (this.continues(record)) {
        this.open.text += `\n${record.raw}`;
        this.open.balance += balanceOf(record.raw);
        this.closeWhenDone();
        return;
      }
      this.close();
    }
    if (record.level !== undefined || record.process !== undefined || inTrace || record.text.length > LONGEST) return;
    const text = record.raw.trimStart();
    const prompt = PROMPT.exec(text)![0];
    const bare = text.slice(prompt.length);
    const isCommand = COMMAND.test(bare);
    const isManifest = MANIFEST.test(record.raw);
    if (!isCommand && !isManifest && !PYTHON_CALL.test(bare) && !(isFirst && prompt.startsWith('$ ') && bare)) return;
    this.open = {
      text: prompt.trim() ? bare : record.raw,
      line: record.line,
      balance: isCommand ? 0 : balanceOf(bare),
      rank: isManifest ? 2 : rankOf(bare, isFirst && prompt.startsWith('$ '), isCommand),
      isManifest,
    };
    this.closeWhenDone();
  }

  /** The likeliest launch: one that names vLLM before one that does not, a later one before an earlier. */
  end(): { text: string; line: number } | null {
    this.close();
    return this.best ? { text: this.best.text, line: this.best.line } : null;
  }

  private continues(record: LogRecord): boolean {
    const { open } = this;
    if (!open || record.level !== undefined || record.process !== undefined || open.text.length > LONGEST) return false;
    return !open.isManifest || MANIFEST_LINE.test(record.raw);
  }

  /** A command goes on behind a backslash and inside quotes, a call inside parentheses; a manifest until other text comes. */
  private closeWhenDone(): void {
    const { open } = this;
    if (!open || open.isManifest || /[\\`^]\s*$/.test(open.text) || open.balance > 0) return;
    if (open.text.split("'").length % 2 === 1) this.close();
  }

  private close(): void {
    const { open } = this;
    this.open = null;
    if (!open) return;
    const { text, line, rank, isManifest } = open;
    if (isManifest && !/vllm/i.test(text)) return;
    if (!this.best || rank >= this.best.rank) this.best = { text: text.trim(), line, rank };
  }
}

/** Open parentheses of a Python call that spans lines. */
const balanceOf = (text: string): number => {
  let balance = 0;
  for (const char of text) balance += char === '(' ? 1 : char === ')' ? -1 : 0;
  return balance;
};
