import type { Facts } from '../facts/types.js';
import { findModel } from '../knowledge/models.js';
import type { Launch } from '../launch/types.js';
import { type Gpu, gpuOf } from './gpu.js';
import { drafterOf } from './model/drafter.js';
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
  /** The config is the model's own, not the catalogue's. */
  modelConfigKnown: boolean;
}

/**
 * A bare name or a path is somebody's own copy: when its 16-bit weights could not be loaded by anyone on that card, the
 * copy may well be a quantised one. `org/name` is what its config says.
 */
export const mayBeQuantised = (subject: Subject): boolean =>
  subject.modelConfigKnown === false &&
  subject.quantisation?.method === null &&
  !/^[\w.-]{1,96}\/[\w.-]{1,96}$/.test(subject.modelName ?? '');

interface Model {
  shape: ModelShape | null;
  quantisation: Quantisation | null;
  modelName: string | null;
  modelConfigKnown: boolean;
}

const readModel = (name: string | null, method: string | null, config: unknown): Model => {
  const own = shapeFromConfig(config);
  const found = own || name === null ? null : findModel(name);
  const shape = own ?? (found ? shapeFromConfig(found.config) : null);
  return {
    shape,
    quantisation: shape ? quantisationOf(shape, method, name) : null,
    modelName: name ?? found?.name ?? null,
    modelConfigKnown: own !== null,
  };
};

let last: { name: string | null; method: string | null; config: unknown; model: Model } | null = null;

/**
 * The model, its card and its facts. A config by hand beats the catalogue; an unreadable one is as good as none. The last
 * model read is kept: solving asks for the same one again and again.
 */
export const subjectOf = (input: { facts: Facts; launch: Launch | null; modelConfig: unknown }): Subject => {
  const { facts, launch, modelConfig: config } = input;
  const name = facts.model?.value ?? launch?.model ?? null;
  const method = facts.quantization?.value ?? null;
  if (!last || last.name !== name || last.method !== method || last.config !== config)
    last = { name, method, config, model: readModel(name, method, config) };
  const { shape } = last.model;
  const drafter = shape && facts.speculativeConfig ? drafterOf(shape, facts.speculativeConfig.value) : null;
  return { facts, launch, gpu: gpuOf(facts), ...last.model, shape: shape && drafter ? { ...shape, drafter } : shape };
};
