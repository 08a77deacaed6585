import { findModel } from '../../knowledge/models.js';
import { asRecord } from '../settings.js';
import { shapeFromConfig } from './read-config.js';
import { type Drafter, type Layer, type ModelShape, tensorElements, textParams } from './shape.js';

const elementsOf = (layer: Layer): number => layer.tensors.reduce((sum, tensor) => sum + tensorElements(tensor), 0);

/**
 * The drafter that a --speculative-config adds: its weights are in "Model loading took", its layers in the KV cache.
 * Null: none, or one without weights (n-gram). A drafter that is not in the catalogue is taken for one layer like the
 * target's last, with its own projection (EAGLE, MTP): an assumption with a wide range.
 */
export const drafterOf = (target: ModelShape, config: unknown): Drafter | null => {
  const speculative = asRecord(config);
  if (!speculative) return null;
  const method = String(speculative.method ?? '').toLowerCase();
  const model = typeof speculative.model === 'string' ? speculative.model : null;
  if (/ngram|suffix|prompt_lookup/.test(method) || (model !== null && /^\[?ngram\]?$/.test(model))) return null;
  const found = model && !/eagle|mtp|dflash|medusa/i.test(`${method} ${model}`) ? findModel(model) : null;
  const own = found ? shapeFromConfig(found.config) : null;
  if (own) return { layers: own.layers, elements: textParams(own), doubt: 0.05 };
  const last = target.layers.findLast(({ mixer }) => mixer.kind === 'attention' || mixer.kind === 'mla');
  if (!last) return null;
  const projection = 3 * target.hidden ** 2;
  const isMtp = /mtp/.test(method);
  // EAGLE's head has a vocabulary of its own, 32k words in the published ones.
  const head = isMtp ? 0 : 32_000 * target.hidden;
  return { layers: [last], elements: elementsOf(last) + projection + head, doubt: isMtp ? 0.5 : 0.7 };
};
