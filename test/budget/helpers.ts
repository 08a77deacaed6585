import type { BudgetInput } from '../../src/budget/compute.js';
import { gpuOf } from '../../src/budget/gpu.js';
import { shapeFromConfig } from '../../src/budget/model/read-config.js';
import type { ModelShape } from '../../src/budget/model/shape.js';
import { type Settings, settingsOf } from '../../src/budget/settings.js';
import type { FactName, Facts } from '../../src/facts/types.js';
import { findModel } from '../../src/knowledge/models.js';

/** Facts of a user who states them all. */
export const factsOf = (values: Partial<Record<FactName, unknown>>, from = 'user'): Facts =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, { value, from }]),
  ) as Facts;

export const inputOf = (values: Partial<Record<FactName, unknown>>, modelConfig: unknown = null): BudgetInput => ({
  facts: factsOf({ usage: 'server', ...values }),
  launch: null,
  modelConfig,
});

export const shapeOf = (name: string): ModelShape => {
  const shape = shapeFromConfig(findModel(name)?.config);
  if (!shape) throw new Error(`${name} is not in the catalogue`);
  return shape;
};

/** Settings of a start of `name` under `version` on an H100. */
export const settingsFor = (
  name: string,
  version: string,
  values: Partial<Record<FactName, unknown>> = {},
): { shape: ModelShape; settings: Settings } => {
  const shape = shapeOf(name);
  const facts = factsOf({ usage: 'server', gpuName: 'H100 80GB', gpuTotalGiB: 79.19, ...values });
  const settings = settingsOf({ version, facts, launch: null, gpu: gpuOf(facts), shape, quantization: null });
  if (!settings) throw new Error('no settings');
  return { shape, settings };
};
