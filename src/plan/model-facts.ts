import type { ModelShape } from '../budget/model/shape.js';
import { isHybrid, isMoe } from '../budget/model/shape.js';
import type { Facts } from '../facts/types.js';

/** What the model's config tells that neither log nor command did: its kind, and its own context length. */
export const factsFromShape = (shape: ModelShape): Facts => {
  const from = 'config' as const;
  // A config without a vision part may still have an audio tower; then it is not known whether images come in.
  const multimodal = shape.vision !== null ? true : shape.otherParams === 0 ? false : undefined;
  return {
    ...(multimodal !== undefined && { isMultimodal: { value: multimodal, from } }),
    isMoe: { value: isMoe(shape), from },
    isHybrid: { value: isHybrid(shape), from },
    ...(shape.architecture !== null && { architecture: { value: shape.architecture, from } }),
    ...(shape.maxPositions !== null && { maxModelLen: { value: shape.maxPositions, from } }),
  };
};
