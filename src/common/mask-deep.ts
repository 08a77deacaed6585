import { isSecretName, maskSecrets } from './mask.js';

/** What stands under a secret's name: words and numbers go, in lists too; nothing and switches stay. */
const maskWhole = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(maskWhole);
  if ((typeof value === 'string' && value !== '') || typeof value === 'number') return '***';
  return maskDeep(value);
};

/** A copy of a JSON value in which every string is masked, whole where its key says that it is a secret. */
export const maskDeep = <T>(value: T): T => {
  if (typeof value === 'string') return maskSecrets(value) as T;
  if (Array.isArray(value)) return value.map(maskDeep) as T;
  if (value && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, isSecretName(key) ? maskWhole(item) : maskDeep(item)]),
    ) as T;
  return value;
};
