import type { Facts } from '../facts/types.js';
import { findModel } from '../knowledge/models.js';
import type { Launch } from '../launch/types.js';
import { type Gpu, gpuOf } from './gpu.js';
import { type Quantisation, quantisationOf } from './model/quantisation.js';
import { shapeFromConfig } from './model/read-config.js';
import type { ModelShape } from './model/shape.js';

/** What a budget is computed for: the facts with the model and the card that they name. */
export interface Subject {
  facts: Facts;
  launch: Launch | null;
  gpu: Gpu;
  shape: ModelShape | null;
  quantisation: Quantisation | null;
  /** Name under which the model is known (the catalogue's, else the user's). */
  modelName: string | null;
}

/** A model's config by hand beats the catalogue; an unreadable one is as good as none. */
export const subjectOf = (input: { facts: Facts; launch: Launch | null; modelConfig: unknown }): Subject => {
  const { facts, launch } = input;
  const name = facts.model?.value ?? launch?.model ?? null;
  const own = shapeFromConfig(input.modelConfig);
  const found = own || name === null ? null : findModel(name);
  const shape = own ?? (found ? shapeFromConfig(found.config) : null);
  return {
    facts,
    launch,
    gpu: gpuOf(facts),
    shape,
    quantisation: shape ? quantisationOf(shape, facts.quantization?.value ?? null, name) : null,
    modelName: name ?? found?.name ?? null,
  };
};
