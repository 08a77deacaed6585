import type { Scan } from '../match/matcher.js';
import { type ProcessLabel, readProcess } from '../read/process.js';
import type { LogRecord } from '../read/record.js';
import { removeBox } from './boxes.js';
import { removeControls } from './controls.js';
import { unescapeText } from './escapes.js';
import { beginsJson, isCutJson, lineInJson } from './json-lines.js';
import { type Peeled, peel } from './prefixes.js';
import { Spacing } from './spacing.js';
import { AMPERSAND, BACKSLASH, CONTROL, ORPHAN, traitsOf, WIDE } from './traits.js';
import { unglue } from './unglue.js';
import { jointOfFrame, WrapWatch } from './unwrap.js';

/** Longest record: what a wrapped message may grow to. */
const MAX_RECORD = 40_000;
const MAX_PIECES = 400;
/** `chat-1  | ` before each line of a service of Docker Compose. */
const SERVICE = /^([\w.-]{1,60}-\d{1,3})\s{1,60}\| /;

/** Nothing but a stamp (CloudWatch puts it on its own line) or the label of a copy button. */
const EMPTY = /^\s*(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,20}|Copy|Copied!?|\[ ?\.{2,} ?\])?\s*$/;

/** What one pass over a record's text found. */
export interface Examined extends Scan {
  /** It may hold more than one record. */
  mayBeGlued: boolean;
}

/** Begins with `>`, after a few blanks. */
const isQuoted = (text: string) => {
  let at = 0;
  while (at < 3 && text.charCodeAt(at) === 32) at++;
  return text.charCodeAt(at) === 62;
};

const isObject = (text: string) => {
  const first = text.charCodeAt(0);
  return first === 123 || ((first === 32 || first === 9) && text.trimStart().startsWith('{'));
};

/**
 * Undoes the damage line by line: controls, escapes, boxes, JSON envelopes, prefixes, doubled lines, wrapping, gluing.
 * Holds back one record, as only the next line tells whether it is complete.
 */
export class RepairPipeline {
  /** Widths as the user has the lines, and as the collector had them: a log can be wrapped before or after collecting. */
  private readonly watch = new WrapWatch();
  private readonly collected = new WrapWatch();
  private pending: LogRecord | null = null;
  /** The last physical line of `pending`, before its prefixes were taken off. */
  private pendingRow = '';
  /** The same as the collector had it. */
  private pendingCollected: string | undefined;
  private previous = '';
  private emitted: LogRecord | null = null;
  private readonly spacing = new Spacing();
  private afterBlank = false;
  private readonly labels = new Map<string, ProcessLabel>();

  /**
   * `examine` looks a record's text over once; what it finds travels on with the record. `shown` is called with every physical
   * line without what carried it; `isLog`: it bears a prefix of vLLM's own.
   */
  constructor(
    private readonly emit: (record: LogRecord, found: Examined) => void,
    private readonly examine: (text: string) => Examined,
    private readonly shown: (typed: string, line: number, isLog: boolean) => void = () => {},
  ) {}

  push(raw: string, line: number, depth = 0): void {
    const traits = traitsOf(raw);
    let text = raw;
    if (traits & (CONTROL | WIDE | ORPHAN | BACKSLASH)) text = removeControls(text);
    if (traits & WIDE || isQuoted(text)) text = removeBox(text);
    text = text.trimEnd();
    if (!text || text.startsWith('```')) {
      this.spacing.blank();
      if (!this.spacing.isDouble()) {
        this.watch.paragraph();
        this.collected.paragraph();
      }
      this.afterBlank = true;
      if (!text) return;
    }
    this.spacing.row();
    // Before escapes are undone: inside JSON they belong to the string.
    if (depth < 3 && isObject(text) && this.unpack(text, line, depth)) return;
    const typed = text;
    if (traits & (BACKSLASH | AMPERSAND)) text = unescapeText(text);
    const peeled = peel(text);
    // What lay in a collector's JSON is as the collector had it.
    const row = peeled.row ?? (depth > 0 ? text : undefined);
    if (peeled.row !== undefined && row !== undefined && depth < 3) {
      if (isObject(row) && this.unpack(row, line, depth)) return;
      const bare = traits & WIDE || isQuoted(row) ? removeBox(row) : row;
      if (bare !== row) {
        this.push(bare, line, depth + 1);
        return;
      }
    }
    if (peeled.text.length < 32 && EMPTY.test(peeled.text)) return;
    // Every line doubled: a second copy right behind the first tells nothing. Its stamp may differ.
    const copy = row ?? text;
    if (copy === this.previous && copy.length > 8) return;
    this.previous = copy;
    if (depth === 0) this.watch.note(text, peeled.begins);
    if (row !== undefined) this.collected.note(row, peeled.begins);
    // A shell's own escapes are no damage: a command is kept as typed.
    const kept = row ?? typed;
    this.shown(kept, line, peeled.begins);
    // A blank line ends a paragraph, unless the whole text is double-spaced.
    const continues = !peeled.begins && (!this.afterBlank || this.spacing.isDouble());
    this.afterBlank = false;
    if (continues && this.join(text, row, line, kept)) return;
    this.flush();
    this.pending = this.record(peeled, line);
    if (peeled.row !== undefined) this.pending.service = SERVICE.exec(text)?.[1];
    this.pending.raw = kept;
    this.pendingRow = text;
    this.pendingCollected = row;
  }

  /** Lines inside a collector's JSON; false when the text is no such object. */
  private unpack(text: string, line: number, depth: number): boolean {
    const inner = lineInJson(text);
    if (inner === null) return false;
    for (const part of inner.split(/\r?\n|\r/)) if (part) this.push(part, line, depth + 1);
    return true;
  }

  end(): void {
    this.flush();
  }

  private record(peeled: Peeled, line: number): LogRecord {
    const label = peeled.process === undefined ? undefined : this.label(peeled.process);
    return {
      line,
      text: peeled.text,
      raw: '',
      level: peeled.level,
      process: label?.key,
      rank: label?.rank,
      source: peeled.source,
      sourceLine: peeled.sourceLine,
      stamp: peeled.stamp,
    };
  }

  private label(text: string): ProcessLabel {
    let label = this.labels.get(text);
    if (!label) {
      // A log of a cluster has thousands of workers; more is an attack on our memory.
      if (this.labels.size > 5000) this.labels.clear();
      label = readProcess(text);
      this.labels.set(text, label);
    }
    return label;
  }

  private join(text: string, row: string | undefined, line: number, kept: string): boolean {
    const { pending } = this;
    if (!pending || pending.text.length > MAX_RECORD || (pending.pieces?.length ?? 0) > MAX_PIECES) return false;
    // With a collector's prefix on it, a line can only continue another one that bears it too.
    if (row !== undefined && this.pendingCollected === undefined) return false;
    const [watch, previous, next] =
      row === undefined ? [this.watch, this.pendingRow, text] : [this.collected, this.pendingCollected!, row];
    if (beginsJson(next)) return false;
    // Inside a string of JSON a line may begin like a record of its own.
    let joint = watch.joint(previous, next) ?? jointOfFrame(pending.text, next);
    if (joint === null) {
      joint = watch.jointInside(previous, next);
      if (joint === null || !isCutJson(pending.text)) joint = pending.pieces ? watch.jointOfRows(previous, next) : null;
      if (joint === null) return false;
    }
    const rest = row ?? text;
    pending.pieces ??= [{ offset: 0, line: pending.line }];
    pending.pieces.push({ offset: pending.text.length + joint.length, line });
    pending.text += joint + rest;
    pending.raw += `\n${kept}`;
    this.pendingRow = text;
    // Joined without the collector's prefix: the wrap came after collecting, so the next prefix begins a line.
    this.pendingCollected = row;
    return true;
  }

  private flush(): void {
    const record = this.pending;
    if (!record) return;
    this.pending = null;
    // A prefix that was itself broken over two lines is whole only now.
    if (record.pieces && !record.level) {
      const again = peel(record.text);
      if (again.begins) {
        const shift = record.text.length - again.text.length;
        Object.assign(record, {
          ...this.record({ ...again, process: again.process }, record.line),
          process: again.process ? this.label(again.process).key : record.process,
          raw: record.raw,
          pieces: record.pieces.map(piece => ({ ...piece, offset: Math.max(0, piece.offset - shift) })),
        });
      }
    }
    // A collector's JSON that was wrapped is whole only now.
    if (record.pieces && isObject(record.text) && this.unpack(record.text, record.line, 1)) {
      this.flush();
      return;
    }
    // Doubled and then wrapped: the copies are alike only now.
    if (record.pieces && record.text === this.emitted?.text && record.process === this.emitted.process) return;
    this.emitted = record;
    const found = this.examine(record.text);
    const parts = found.mayBeGlued ? unglue(record.text) : [];
    if (parts.length < 2) {
      this.emit(record, found);
      return;
    }
    let offset = 0;
    for (const [i, part] of parts.entries()) {
      const peeled = i === 0 ? null : peel(part);
      const at = record.text.indexOf(part.trim(), offset);
      if (at !== -1) offset = at;
      const line = (record.pieces ?? []).reduce(
        (last, piece) => (piece.offset <= offset ? piece.line : last),
        record.line,
      );
      const own = peeled?.begins ? this.record(peeled, line) : { ...record, text: part, line, pieces: undefined };
      own.process ??= record.process;
      own.raw = part;
      this.emit(own, this.examine(own.text));
    }
  }
}
