import type { Budget } from '../budget/types.js';
import { compareVersions, inVersions } from '../common/version.js';
import type { Facts } from '../facts/types.js';
import type { Mentions } from '../log/read/mentions.js';
import type { LogEvent, RunReading } from '../log/types.js';
import { blindSiblings, largestGroup, listedOthers, listedSizes } from './listed-processes.js';
import { bytesPerParameter, parametersFromName } from './model-name.js';
import { isMultimodal } from './multimodal.js';

/**
 * Every figure that calculations of the knowledge may ask for: the numeric facts under their own names, and what
 * follows from them. A figure whose inputs are not all known is absent. GiB are 2^30 bytes, per GPU. `launched`: the launch
 * is known, so what it does not set has its default.
 */
export const figuresOf = (
  facts: Facts,
  budget: Budget | null,
  run: RunReading | null,
  launched: boolean,
  mentions?: Mentions,
): Map<string, number> => {
  const events = run?.events ?? [];
  const figures = new Map<string, number>();
  for (const [name, fact] of Object.entries(facts))
    if (typeof fact?.value === 'number' && Number.isFinite(fact.value)) figures.set(name, fact.value);
  const derive = (name: string, inputs: string[], work: (...values: number[]) => number) => {
    const values = inputs.map(input => figures.get(input));
    if (figures.has(name) || values.some(value => value === undefined)) return;
    const result = work(...(values as number[]));
    if (Number.isFinite(result)) figures.set(name, result);
  };
  const put = (name: string, value: number | null | undefined) => {
    if (typeof value === 'number' && Number.isFinite(value) && !figures.has(name)) figures.set(name, value);
  };

  put('gpuTotalGiB', budget?.perGpu.totalGiB?.gib);
  put('gpuTotalGiB', onlyOne(numbersOf(events, 'smiTotalGiB')));
  put(
    'utilisation',
    figures.get('gpuMemoryUtilization') ?? (launched ? defaultUtilisation(facts.vllmVersion?.value) : null),
  );
  put('gpus', (figures.get('tensorParallelSize') ?? 1) * (figures.get('pipelineParallelSize') ?? 1));

  // What the launch asks of the card.
  derive('budgetGiB', ['gpuTotalGiB', 'utilisation'], (total, utilisation) => total * utilisation);
  derive('takenAtStartGiB', ['gpuTotalGiB', 'freeAtStartGiB'], (total, free) => total - free);
  derive('takenAtStartShare', ['takenAtStartGiB', 'gpuTotalGiB'], (taken, total) => taken / total);
  derive('missingAtStartGiB', ['desiredGiB', 'freeAtStartGiB'], (desired, free) => desired - free);
  derive('kvShortGiB', ['kvNeededGiB', 'kvAvailableGiB'], (needed, available) => needed - available);

  // What the profile run measured, and what the highest permitted utilisation (0.95) would leave.
  derive('measuredGiB', ['weightsGiB', 'activationGiB'], (weights, peak) => weights + peak);
  derive('kvAtTopGiB', ['kvCacheGiB', 'gpuTotalGiB', 'utilisation'], (kv, total, utilisation) =>
    kv <= 0 ? kv + (0.95 - utilisation) * total : Number.NaN,
  );
  derive('kvAtTopGiB', ['gpuTotalGiB', 'measuredGiB'], (total, measured) => {
    return 0.95 * total - measured - (figures.get('nonTorchGiB') ?? 0) - (figures.get('graphsEstimatedGiB') ?? 0);
  });

  // Tokens of the profile run: V0 takes a whole prompt of max_model_len (at least 2048) where it does not chunk prefills.
  const length = figures.get('maxModelLen');
  const isV0 = facts.engine?.value === 'V0';
  put('profileTokens', figures.get('maxNumBatchedTokens') ?? (isV0 && length ? Math.max(length, 2048) : null));

  // What stood on the card at the failed allocation.
  put('otherProcessesGiB', listedOthers(events, figures.get('allocatedGiB')));
  const sizes = listedSizes(events);
  if (sizes.length > 0) put('listedProcesses', sizes.length);
  // Processes that hold a context and no tensors: the other parts of a program of many.
  put('emptyContexts', largestGroup(sizes.filter(size => size > 0.05 && size < 0.7)));
  // Ranks that pile up on one GPU leave one context each, of much the same size.
  put('siblings', blindSiblings(events) ?? largestGroup(sizes.filter(size => size > 0.2)));
  // Neither free nor this process's: held by somebody whom torch does not see (another container).
  const own = figures.get('processUsedGiB') ?? ownTorchGiB(figures);
  const seen = (own ?? Number.NaN) + (figures.get('otherProcessesGiB') ?? 0);
  derive('unseenGiB', ['gpuTotalGiB', 'freeGiB'], (total, free) => total - free - seen);
  derive('unseenShare', ['unseenGiB', 'gpuTotalGiB'], (unseen, total) => unseen / total);
  derive('usedGiB', ['gpuTotalGiB', 'freeGiB'], (total, free) => total - free);
  derive('othersShare', ['otherProcessesGiB', 'gpuTotalGiB'], (others, total) => others / total);
  derive('outsideTorchGiB', ['processUsedGiB', 'allocatedGiB', 'reservedUnallocatedGiB'], (used, allocated, reserved) =>
    Math.max(0, used - allocated - reserved),
  );
  derive('unexplainedGiB', ['usedGiB', 'allocatedGiB', 'reservedUnallocatedGiB'], (used, allocated, reserved) =>
    Math.max(0, used - allocated - reserved),
  );
  derive('overBudgetGiB', ['processUsedGiB', 'budgetGiB'], (used, budgetGiB) => used - budgetGiB);

  // Weak: sizes read from the model's name, as people and hubs write them.
  const model = facts.model?.value;
  put('modelParametersB', model === undefined ? null : parametersFromName(model));
  if (isMultimodal(facts, run)) put('multimodal', 1);
  const width = model === undefined ? null : bytesPerParameter(model, facts.quantization?.value, facts.dtype?.value);
  // The model's own configuration counts before a size read from its name: one figure everywhere.
  const weights = budget?.perGpu.weightsGiB;
  if (weights?.from === 'formula' && !facts.cpuOffloadGiB?.value) put('weightsNeededGiB', weights.gib);
  derive('weightsNeededGiB', ['modelParametersB', 'gpus'], (billions, gpus) =>
    width === null ? Number.NaN : (billions * 1e9 * width) / 2 ** 30 / gpus,
  );

  // Growth from message to message, and what differs between the cards.
  const asleep = numbersOf(events, 'sleepInUseGiB');
  if (asleep.length > 1) put('sleepGrowthGiB', asleep.at(-1)! - asleep[0]!);
  const totals = Object.values(facts.gpuTotalGiB?.perRank ?? {});
  if (totals.length > 1) put('totalSpreadGiB', Math.max(...totals) - Math.min(...totals));
  const cards = numbersOf(events, 'smiTotalGiB');
  if (cards.length > 0) {
    put('smiCards', cards.length);
    put('smiLargestGiB', Math.max(...cards));
  }
  put('kvSpreadGiB', roomSpread(events));
  const listed = events.filter(event => event.id === 'smi-process');
  if (listed.length > 0) {
    // Ranks are alike; a desktop or another program beside them is none.
    put(
      'smiOnGpu0',
      largestGroup(
        numbersOf(
          listed.filter(({ values }) => values.gpu === 0),
          'mib',
        ),
      ) ?? 0,
    );
    put('smiElsewhere', listed.filter(({ values }) => values.gpu !== 0).length);
  }
  // Stages are counted from 0, and the highest one that is seen has all below it.
  const named = (run?.processes ?? []).flatMap(name => /Stage-(\d+)/.exec(name)?.[1] ?? []).map(Number);
  const stages = [...named, ...numbersOf(events, 'stage')];
  if (stages.length > 0) put('engineStages', Math.max(...stages) + 1);
  if (mentions?.growth) put('usedGrowthGiB', mentions.growth.to - mentions.growth.from);
  if (mentions?.services.length) put('services', mentions.services.length);
  put('neighbourShare', neighbourShare(mentions, figures));
  if (mentions?.releases.some(release => inVersions(release, null, '0.7.3'))) put('namedBefore08', 1);
  for (const name of FROM_EVENTS) put(name, numbersOf(events, name).at(-1));
  return figures;
};

/**
 * How much less room for the KV cache one rank has than another, GiB, where both hold the same weights: it stands on
 * another card, or on one that somebody else uses too. Null where a rank's weights are not told, or differ.
 */
const roomSpread = (events: LogEvent[]): number | null => {
  const ofEach = (name: string) =>
    new Map(
      events.flatMap(({ process, values }) =>
        process !== undefined && typeof values[name] === 'number' ? [[process, values[name]] as [string, number]] : [],
      ),
    );
  const [rooms, weights] = [ofEach('kvCacheGiB'), ofEach('weightsGiB')];
  const held = [...rooms.keys()].map(rank => weights.get(rank));
  if (rooms.size < 2 || held.some(gib => gib === undefined)) return null;
  const [least, most] = [Math.min(...(held as number[])), Math.max(...(held as number[]))];
  return most - least <= 0.1 * most ? Math.max(...rooms.values()) - Math.min(...rooms.values()) : null;
};

/**
 * A share of the GPU that another launch of the text asks for and that is what was taken, the nearest one: the neighbour's
 * (context and kernels on top). The own share counts only where another launch has it too.
 */
const neighbourShare = (mentions: Mentions | undefined, figures: Map<string, number>): number | undefined => {
  const [taken, total] = [figures.get('takenAtStartGiB'), figures.get('gpuTotalGiB')];
  if (taken === undefined || total === undefined) return undefined;
  const beside = (share: number) => taken - share * total;
  return mentions?.utilisations
    .filter(share => beside(share) >= -0.3 && beside(share) <= NEIGHBOUR_BESIDE_GIB)
    .toSorted((a, b) => beside(a) - beside(b))[0];
};

/** What an engine holds outside its budget: context, kernels, graphs. */
const NEIGHBOUR_BESIDE_GIB = 2;

/** What torch of this process holds, where only that is told. */
const ownTorchGiB = (figures: Map<string, number>): number | undefined => {
  const allocated = figures.get('allocatedGiB');
  if (allocated === undefined) return undefined;
  return Math.max(figures.get('reservedGiB') ?? 0, allocated + (figures.get('reservedUnallocatedGiB') ?? 0));
};

/** gpu_memory_utilization where nobody set it: 0.9 through 0.19.1, 0.92 from 0.20.0 (vllm/config/cache.py). */
const defaultUtilisation = (version: string | undefined): number | null => {
  const newer = version === undefined ? null : compareVersions(version, '0.20.0');
  return newer === null ? null : newer >= 0 ? 0.92 : 0.9;
};

/** Values of messages that are no facts of their own but that sentences and calculations ask for. */
const FROM_EVENTS = [
  'mambaBlocks',
  'freeBeforeProfileGiB',
  'freeAfterProfileGiB',
  'requiredMiB',
  'currentMiB',
  'swapGiB',
  'shmFreeGiB',
  'shmBytes',
  'sleepInUseGiB',
  'requestedBytes',
  'privatePoolsGiB',
  'utilisationAsBefore',
];

/** The figure where all rows agree: a table of unlike cards does not tell which one is meant. */
const onlyOne = (values: number[]): number | undefined => (new Set(values).size === 1 ? values[0] : undefined);

const numbersOf = (events: LogEvent[], name: string): number[] =>
  events
    .map(event => event.values[name])
    .filter(value => typeof value === 'number' && Number.isFinite(value)) as number[];
