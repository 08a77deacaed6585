import { isSecretName, maskSecrets } from './mask.js';

/** A copy of a JSON value in which every string is masked, whole where its key says that it is a secret. */
export const maskDeep = <T>(value: T): T => {
  if (typeof value === 'string') return maskSecrets(value) as T;
  if (Array.isArray(value)) return value.map(maskDeep) as T;
  if (value && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        typeof item === 'string' && item !== '' && isSecretName(key) ? '***' : maskDeep(item),
      ]),
    ) as T;
  return value;
};
