import type { Facts } from '../facts/types.js';
import type { BudgetInput } from './compute.js';
import { isHybrid, isMoe } from './model/shape.js';
import { subjectOf } from './subject.js';

/**
 * What the model's config (or the catalogue) and the card's name tell beside their sizes: facts for conditions and defaults,
 * to be laid under everything that was stated. Unknown stays out.
 */
export const derivedFacts = (input: BudgetInput): Facts => {
  const { shape, gpu } = subjectOf(input);
  const facts: Facts = {};
  if (shape) {
    if (shape.architecture) facts.architecture = { value: shape.architecture, from: 'config' };
    facts.isMultimodal = { value: shape.vision !== null, from: 'config' };
    facts.isMoe = { value: isMoe(shape), from: 'config' };
    facts.isHybrid = { value: isHybrid(shape), from: 'config' };
  }
  if (gpu.unified) facts.unifiedMemory = { value: true, from: 'default' };
  if (gpu.computeCapability !== null)
    facts.computeCapability = { value: String(gpu.computeCapability), from: 'default' };
  return facts;
};
