import { type Lang, say, type Text } from '../../common/text.js';
import { gib, thousands } from '../../common/units.js';
import type { Facts } from '../../facts/types.js';
import type { LogReading } from '../../log/types.js';
import type { Answer } from '../../session/types.js';
import { cell, type Line, line, span, spread } from '../lines.js';
import { STR, tell } from '../strings.js';
import { paragraph } from '../wrapping.js';
import { WAYS } from './log-ways.js';

/** One row of what a text says: a heading, values, and the line of the text where they stand. */
interface Lit {
  label: Text;
  value: string;
  line: number | undefined;
}

/** The facts that light up while a text comes in, each with the line that it came from. */
const lit = (facts: Facts, lang: Lang): Lit[] => {
  const rows: Lit[] = [];
  const put = (label: Text, parts: (string | undefined)[], at: number | undefined) => {
    const value = parts.filter(Boolean).join(' · ');
    if (value) rows.push({ label, value, line: at });
  };
  const { vllmVersion, engine, model, gpuName, gpuCount, gpuTotalGiB, tensorParallelSize } = facts;
  put({ en: 'vLLM', zh: 'vLLM' }, [vllmVersion?.value, engine?.value], (vllmVersion ?? engine)?.line);
  put({ en: 'Model', zh: '模型' }, [model?.value, facts.quantization?.value], model?.line);
  const count = gpuCount?.value ?? tensorParallelSize?.value;
  put(
    { en: 'GPU', zh: 'GPU' },
    [
      gpuName ? `${count ? `${count} × ` : ''}${gpuName.value}` : undefined,
      gpuTotalGiB ? `${gib(gpuTotalGiB.value)} GiB` : undefined,
    ],
    gpuName?.line ?? gpuTotalGiB?.line,
  );
  put(
    { en: 'Settings', zh: '参数' },
    [
      tensorParallelSize && `TP ${tensorParallelSize.value}`,
      facts.gpuMemoryUtilization && `util ${facts.gpuMemoryUtilization.value}`,
      facts.maxModelLen && `len ${thousands(facts.maxModelLen.value)}`,
      facts.maxNumSeqs && `seqs ${facts.maxNumSeqs.value}`,
    ],
    (tensorParallelSize ?? facts.gpuMemoryUtilization ?? facts.maxModelLen ?? facts.maxNumSeqs)?.line,
  );
  const { weightsGiB, kvCacheGiB, requestedGiB, freeGiB } = facts;
  put(
    { en: 'Measured', zh: '实测' },
    [
      weightsGiB && `${lang === 'en' ? 'weights' : '权重'} ${gib(weightsGiB.value)}`,
      kvCacheGiB && `KV ${gib(kvCacheGiB.value)}`,
    ],
    (weightsGiB ?? kvCacheGiB)?.line,
  );
  put(
    STR.log.failure,
    [
      requestedGiB && `${say(STR.budget.askedFor, lang)} ${gib(requestedGiB.value)} GiB`,
      freeGiB && `${lang === 'en' ? 'free' : '空闲'} ${gib(freeGiB.value)}`,
    ],
    (requestedGiB ?? freeGiB)?.line,
  );
  return rows;
};

/** The same as rows; said so where nothing was recognised. */
export const litRows = (facts: Facts, lang: Lang, columns: number): Line[] => {
  const rows = lit(facts, lang);
  if (rows.length === 0) return [line(`  ${say(STR.log.noFactsYet, lang)}`, 'dim')];
  return rows.map(row =>
    spread(
      [...cell(`  ${say(row.label, lang)}`, 14, 'dim'), span(row.value)],
      row.line === undefined ? [] : [span(`${say(STR.line, lang)} ${row.line}`, 'dim')],
      columns,
    ),
  );
};

/** What is wrong with the text as a log of a failure, and the command that fetches what is missing. */
export const objection = (reading: LogReading, answer: Answer, lang: Lang, columns: number): Line[] => {
  const rows: Line[] = [];
  if (answer.verdict === 'not-vllm')
    rows.push(
      ...paragraph(
        `! ${reading.program ? tell(STR.log.notVllm, lang, { program: reading.program }) : say(STR.log.noVllm, lang)}`,
        columns,
        'warn',
        2,
      ),
    );
  else if (answer.verdict === 'insufficient-log' || answer.verdict === 'healthy')
    rows.push(
      ...paragraph(`! ${say(answer.summary, lang)}`, columns, answer.verdict === 'healthy' ? 'good' : 'warn', 2),
    );
  const question = answer.questions.find(asked => asked.command);
  if (answer.verdict === 'insufficient-log' && question)
    rows.push(
      ...paragraph(say(question.ask, lang), columns, 'plain', 2),
      line(`  ${say(STR.log.fetch, lang)}`, 'dim'),
      ...paragraph(question.command!, columns, 'strong', 4),
    );
  else if (answer.verdict === 'not-vllm' || answer.verdict === 'insufficient-log')
    rows.push(line(`  ${say(STR.log.fetch, lang)}`, 'dim'), line(`    ${WAYS[0]!.command}`, 'strong'));
  return rows;
};
