import { spawn } from 'node:child_process';
import type { ProcessId } from './processes.js';

/**
 * What ends a re-test when the doctor itself is killed: a shell that reads our words from a pipe, in a session of its
 * own. The pipe's end without "done" means that we are gone; then it ends the child's session, the processes that we
 * told, every carrier of the marker, the containers of our label, and removes the files that we told or that they hold.
 */
const SCRIPT = `
marker=$1
group= known= files= engine= label=
shared=$(ls /dev/shm 2>/dev/null)
while IFS= read -r line; do
  case $line in
    "group "*) group=\${line#group } ;;
    "process "*) known="$known
\${line#process }" ;;
    "file "*) files="$files
\${line#file }" ;;
    "engine "*) engine=\${line#engine } ;;
    "label "*) label=\${line#label } ;;
    done) exit 0 ;;
  esac
done
ours() {
  {
    for folder in /proc/[0-9]*; do
      pid=\${folder#/proc/}
      { IFS= read -r stat < "$folder/stat"; } 2>/dev/null || continue
      set -- \${stat##*) }
      case $1 in Z|X) continue ;; esac
      shift 3
      if [ "$1" = "$group" ]; then echo "$pid"; continue; fi
      shift 16
      case "$known
" in *"
$pid $1
"*) echo "$pid" ;; esac
    done
    grep -la "OOM_DOCTOR_RETEST=$marker" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
  } | sort -u
}
# Is one of these still there? Without a new process, as it is asked often.
alive() {
  for pid; do
    { IFS= read -r stat < "/proc/$pid/stat"; } 2>/dev/null || continue
    case "\${stat##*) }" in Z*|X*) ;; *) return 0 ;; esac
  done
  return 1
}
end() {
  if [ ! -d /proc/self ]; then [ -n "$group" ] && kill -s "$1" -- "-$group" 2>/dev/null; return; fi
  for pid in $(ours); do kill -s "$1" "$pid" 2>/dev/null; done
}
held() {
  for pid in $(ours); do
    grep -ao '/dev/shm/[^ ]*$' "/proc/$pid/maps" 2>/dev/null
    ls -l "/proc/$pid/fd" 2>/dev/null |
      sed -n 's|.*-> \\(/dev/shm/[^ ]*\\)$|\\1|p; s|.*-> socket:\\[\\([0-9]*\\)\\]$|\\1|p' |
      while IFS= read -r found; do
        case $found in
          /*) echo "$found" ;;
          *) sed -n "s|.* $found \\(/tmp/.*\\)|\\1|p" /proc/net/unix ;;
        esac
      done
  done | sort -u | while IFS= read -r file; do
    case "
$shared
" in *"
\${file#/dev/shm/}
"*) ;; *) echo "$file" ;; esac
  done
}
files="$files
$(held)"
those=$(ours)
end TERM
tries=0
while [ $tries -lt 15 ] && { [ ! -d /proc/self ] || alive $those; }; do sleep 0.1; tries=$((tries + 1)); done
end KILL
if [ -n "$label" ]; then
  containers=$("$engine" ps -aq --filter "label=$label" 2>/dev/null)
  [ -n "$containers" ] && "$engine" rm -f $containers >/dev/null 2>&1
fi
sleep 0.2
echo "$files" | while IFS= read -r file; do [ -n "$file" ] && rm -f -- "$file"; done
`;

/** Name of the environment variable that marks what a re-test started. */
export const MARKER_VARIABLE = 'OOM_DOCTOR_RETEST';

export interface Watchdog {
  /** The child's process group, which is also its session. */
  group(pid: number): void;
  /** A process that descends from the child. */
  process(id: ProcessId): void;
  /** A file to remove after the end. */
  file(path: string): void;
  /** Containers to remove after the end: the program that knows them, and their label. */
  containers(engine: string, label: string): void;
  /** All is ended in order: the watchdog leaves. */
  dismiss(): void;
  /** Without a dismissal before: we cannot go on, the watchdog ends everything now. */
  letGo(): void;
}

/** Starts the watchdog of one re-test. Where there is no `sh` it does nothing. */
export const startWatchdog = (marker: string): Watchdog => {
  const child = spawn('sh', ['-c', SCRIPT, 'vllm-oom-doctor-watchdog', marker], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
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
    dismiss: () => tell('done'),
    letGo: () => child.stdin.end(),
  };
};
