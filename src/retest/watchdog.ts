import { spawn } from 'node:child_process';
import type { ProcessId } from './processes.js';
import { FAMILY_FUNCTIONS } from './shell-family.js';

/**
 * What ends a re-test when the doctor itself is killed: a shell that reads our words from a pipe, in a session of its
 * own. The pipe's end without "done" means that we are gone; then it ends the child's session, the processes that we
 * told, every carrier of the marker, the containers of our label, and removes the files that we told or that they hold.
 */
const SCRIPT = `
marker=$1
group= known= files= engine= label=
shared=$(ls /dev/shm 2>/dev/null)
${FAMILY_FUNCTIONS}
while IFS= read -r line; do
  case $line in
    "group "*) group=\${line#group } ;;
    "process "*) known="$known
\${line#process }" ;;
    "file "*) files="$files
\${line#file }" ;;
    "engine "*) engine=\${line#engine } ;;
    "label "*) label=\${line#label } ;;
    "only containers") group= known= files= ;;
    done) exit 0 ;;
  esac
done
end() {
  if [ ! -d /proc/self ]; then [ -n "$group" ] && kill -s "$1" -- "-$group" 2>/dev/null; return; fi
  for pid in $(ours); do kill -s "$1" "$pid" 2>/dev/null; done
}
files="$files
$(held)"
those=$(ours)
end TERM
tries=0
while [ $tries -lt 15 ] && { [ ! -d /proc/self ] || alive $those; }; do sleep 0.1; tries=$((tries + 1)); done
end KILL
# An engine may not answer, and a container may appear a moment after the program that asked for it was killed.
bounded=$(command -v timeout >/dev/null && echo "timeout -s KILL 20")
tries=0 empty=0
while [ -n "$label" ] && [ $empty -lt 2 ] && [ $tries -lt 10 ]; do
  if containers=$($bounded "$engine" ps -aq --filter "label=$label" 2>/dev/null); then
    empty=$((empty + 1))
    [ -n "$containers" ] && { empty=0; $bounded "$engine" rm --force --volumes $containers >/dev/null 2>&1; }
  fi
  tries=$((tries + 1))
  sleep 0.5
done
sleep 0.2
removed "$files"
`;

export interface Watchdog {
  /** The child's process group, which is also its session. */
  group(pid: number): void;
  /** A process that descends from the child. */
  process(id: ProcessId): void;
  /** A file to remove after the end. */
  file(path: string): void;
  /** Containers to remove after the end: the program that knows them, and their label. */
  containers(engine: string, label: string): void;
  /** All is ended but the containers, of which nobody told: once it is let go, the watchdog goes on trying for a while. */
  keepOnlyContainers(): void;
  /** All is ended in order: the watchdog leaves. */
  dismiss(): void;
  /** Without a dismissal before: we cannot go on, the watchdog ends everything now. */
  letGo(): void;
}

/** Starts the watchdog of one re-test, which asks in the environment of its child. Where there is no `sh` it does nothing. */
export const startWatchdog = (marker: string, env: NodeJS.ProcessEnv): Watchdog => {
  const child = spawn('sh', ['-c', SCRIPT, 'vllm-oom-doctor-watchdog', marker], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  child.unref();
  const tell = (line: string) => {
    if (!line.includes('\n') && child.stdin.writable) child.stdin.write(`${line}\n`);
  };
  return {
    group: pid => tell(`group ${pid}`),
    process: id => tell(`process ${id.pid} ${id.startTime}`),
    file: path => tell(`file ${path}`),
    containers: (engine, label) => {
      tell(`engine ${engine}`);
      tell(`label ${label}`);
    },
    keepOnlyContainers: () => tell('only containers'),
    dismiss: () => tell('done'),
    letGo: () => child.stdin.end(),
  };
};
