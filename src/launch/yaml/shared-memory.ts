import type { Setting } from '../reading.js';
import type { Edit } from '../text/edits.js';
import { addItems, addMember, lastOf } from './blocks.js';
import { scalarSetting } from './environment.js';
import { at, itemsOf, mapsBelow, scalarAt, stringAt, type YamlMap, type YamlNode } from './nodes.js';

/** docker's `16g` as Kubernetes writes quantities: `16Gi`. What is no size of docker's stays. */
export const quantityOf = (size: string): string =>
  size.replace(/^(\d{1,9}(?:\.\d{1,3})?)([kmgt])b?$/i, (_, count: string, unit: string) =>
    unit.toLowerCase() === 'k' ? `${count}Ki` : `${count}${unit.toUpperCase()}i`,
  );

/** A size that Kubernetes reads, changed in its notation. */
export const quantitySetting = (setting: Setting): Setting => ({
  ...setting,
  set: (text, wanted) => setting.set(text, quantityOf(wanted)),
});

const isShm = (mount: YamlNode): boolean => stringAt(mount, 'mountPath') === '/dev/shm';

/** The volume that is mounted on /dev/shm. */
const volumeOf = (root: YamlNode, container: YamlMap): YamlMap | null => {
  const name = stringAt(itemsOf(at(container, 'volumeMounts')).find(isShm), 'name');
  if (!name) return null;
  for (const map of mapsBelow(root))
    for (const volume of itemsOf(at(map, 'volumes')))
      if (volume.kind === 'map' && stringAt(volume, 'name') === name) return volume;
  return null;
};

/** sizeLimit of the memory volume that is mounted on /dev/shm. */
export const sharedMemory = (root: YamlNode, container: YamlMap): Setting | null => {
  const limit = scalarAt(volumeOf(root, container), 'emptyDir', 'sizeLimit');
  return limit ? quantitySetting(scalarSetting(limit)) : null;
};

/** The pod's own mapping: the one that lists the container, or holds it as KServe's model. */
const podOf = (root: YamlNode, container: YamlMap): YamlMap | null => {
  for (const map of mapsBelow(root)) {
    if (itemsOf(at(map, 'containers')).includes(container)) return map;
    if (at(map, 'model') === container) return map;
  }
  return null;
};

/** A name that no volume of the pod has. */
const freeName = (pod: YamlMap): string => {
  const taken = new Set(itemsOf(at(pod, 'volumes')).map(volume => stringAt(volume, 'name')));
  return ['shm', 'dshm', 'vllm-shm'].find(name => !taken.has(name)) ?? 'vllm-dev-shm';
};

/**
 * Gives the pod shared memory of that size: a volume in memory (`emptyDir`) mounted on /dev/shm, as Kubernetes has no
 * `--shm-size`. Null where the pod around the container is not in the text, or another kind of volume is mounted there.
 */
export const addSharedMemory = (text: string, root: YamlNode, container: YamlMap, size: string): Edit[] | null => {
  const sizeLimit = quantityOf(size);
  if (itemsOf(at(container, 'volumeMounts')).some(isShm)) {
    const volume = volumeOf(root, container);
    if (!volume?.entries.some(entry => entry.key === 'emptyDir')) return null;
    const inMemory = stringAt(volume, 'emptyDir', 'medium') !== null;
    return addMember(text, volume, null, 'emptyDir', inMemory ? { sizeLimit } : { medium: 'Memory', sizeLimit });
  }
  const pod = podOf(root, container);
  if (!pod) return null;
  const name = freeName(pod);
  const mount = addItems(
    text,
    container,
    lastOf(container, 'image', 'command', 'args', 'env', 'resources', 'ports'),
    'volumeMounts',
    [{ name, mountPath: '/dev/shm' }],
    pod,
  );
  const after = lastOf(pod, 'containers', 'model');
  const volume = addItems(
    text,
    pod,
    after,
    'volumes',
    [{ name, emptyDir: { medium: 'Memory', sizeLimit } }],
    container,
  );
  return mount && volume && [...mount, ...volume];
};
