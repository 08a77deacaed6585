import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { BIN } from './simulation.js';

export const IMAGE = 'vllm/vllm-openai:v0.11.0';

/**
 * A program `docker` whose containers are files. `run` plays vLLM in the foreground; the container stays when that ends,
 * as one does whose `--rm` nobody carries out. While `dead` is there it does not answer; with `late` a container appears
 * only after somebody has asked for what is there.
 */
const PROGRAM = `#!/bin/sh
here=\${0%/*}
echo "$DOCKER_HOST> $*" >> "$here/notes"
[ -e "$here/dead" ] && { echo "Cannot connect to the Docker daemon" >&2; exit 1; }
case $1 in
  version) echo 27.0.0 ;;
  run)
    : > "$here/containers/c0ffee"
    while [ "$1" != ${IMAGE} ]; do shift; done
    shift
    exec ${join(BIN, 'vllm')} serve "$@" ;;
  ps)
    ls "$here/containers"
    [ -e "$here/late" ] && { rm "$here/late"; : > "$here/containers/1a7e"; } ;;
  rm)
    shift
    for word; do case $word in --*) ;; *) rm -f "$here/containers/$word" ;; esac; done ;;
esac
exit 0
`;

export const fakeDocker = () => {
  const folder = mkdtempSync(join(tmpdir(), 'fake-docker-'));
  mkdirSync(join(folder, 'containers'));
  writeFileSync(join(folder, 'docker'), PROGRAM, { mode: 0o755 });
  writeFileSync(join(folder, 'notes'), '');
  return {
    /** Folder to be put into PATH. */
    path: `${folder}${delimiter}${process.env.PATH}`,
    containers: () => readdirSync(join(folder, 'containers')),
    /** One line a call: the engine's address, then the words. */
    calls: () => readFileSync(join(folder, 'notes'), 'utf8').split('\n').filter(Boolean),
    set: (name: 'dead' | 'late', on: boolean) => {
      const path = join(folder, name);
      if (on) writeFileSync(path, '');
      else if (existsSync(path)) rmSync(path);
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
};
