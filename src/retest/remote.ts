import type { Endpoint, StartCommand } from './types.js';
import { MARKER_VARIABLE } from './watchdog.js';

/** What the remote script says of processes that survived even SIGKILL, one line each. */
export const REMOTE_LEFT = '[vllm-oom-doctor] left on the host: ';

/**
 * Runs on the host under test. The child gets a session and our mark; standard input is our hand: when it is closed (we
 * stop, we die, the connection is cut) everything of the child is ended and the files that it held are removed.
 */
const SCRIPT = `
marker=$1
shift
shared=$(ls /dev/shm 2>/dev/null)
exec 3<&0
env "${MARKER_VARIABLE}=$marker" PYTHONUNBUFFERED=1 setsid "$@" </dev/null 3<&- &
group=$!
ours() {
  {
    for folder in /proc/[0-9]*; do
      { IFS= read -r stat < "$folder/stat"; } 2>/dev/null || continue
      set -- \${stat##*) }
      case $1 in Z|X) continue ;; esac
      [ "$4" = "$group" ] && echo "\${folder#/proc/}"
    done
    grep -la "${MARKER_VARIABLE}=$marker" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
  } | sort -u
}
signal() { for pid in $(ours); do kill -s "$1" "$pid" 2>/dev/null; done; }
held() {
  for pid in $(ours); do
    grep -ao '/dev/shm/[^ ]*$' "/proc/$pid/maps" 2>/dev/null
    ls -l "/proc/$pid/fd" 2>/dev/null | sed -n 's|.*-> \\(/dev/shm/[^ ]*\\)$|\\1|p'
  done | sort -u | while IFS= read -r file; do
    case "
$shared
" in *"
\${file#/dev/shm/}
"*) ;; *) echo "$file" ;; esac
  done
}
end() {
  files=$(held)
  signal TERM
  tries=0
  while [ $tries -lt 50 ] && [ -n "$(ours)" ]; do sleep 0.2; tries=$((tries + 1)); done
  signal KILL
  sleep 0.2
  for pid in $(ours); do echo "${REMOTE_LEFT}process $pid"; done
  echo "$files" | while IFS= read -r file; do [ -n "$file" ] && rm -f -- "$file"; done
}
trap 'end; exit 143' USR1
( while IFS= read -r line; do :; done; kill -s USR1 $$ ) <&3 &
hand=$!
wait "$group"
code=$?
trap '' USR1
# Its end may not be that of its descendants.
[ -n "$(ours)" ] && end
kill "$hand" 2>/dev/null
exit "$code"
`;

const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** A host name as ssh takes it, with a user perhaps; nothing that ssh would read as an option. */
export const isHost = (host: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.@:%-]{0,254}$/.test(host);

const OPTIONS = ['-o', 'BatchMode=yes', '-o', 'ServerAliveInterval=15', '-o', 'ConnectTimeout=15'];

/** `start` on `host`, its port reachable here as `localPort`. Nobody can answer a question for a password: keys only. */
export const sshStart = (
  start: StartCommand,
  host: string,
  endpoint: Endpoint,
  localPort: number,
  marker: string,
): StartCommand => {
  const settings = Object.entries(start.env).map(([name, value]) => `${name}=${value}`);
  const words = ['sh', '-c', SCRIPT, 'vllm-oom-doctor', marker, 'env', ...settings, start.file, ...start.args];
  const forward = `127.0.0.1:${localPort}:${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
  return {
    file: 'ssh',
    args: [...OPTIONS, '-o', 'ExitOnForwardFailure=yes', '-L', forward, '--', host, words.map(quoted).join(' ')],
    env: {},
  };
};

/** A short question to the host, as a program here. */
export const sshAsk = (host: string, words: string[]): { file: string; args: string[] } => ({
  file: 'ssh',
  args: [...OPTIONS, '--', host, words.map(quoted).join(' ')],
});
