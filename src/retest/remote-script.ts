import { FAMILY_FUNCTIONS, MARKER_VARIABLE, quoted } from './shell-family.js';
import type { StartCommand } from './types.js';

/** Seconds without a word from us after which the script on the other host takes the connection for lost. */
const SILENCE_S = 90;

/**
 * Keeps one child on the host under test. Standard input is our hand: when it is closed (we stop, we die, the connection
 * is cut), or nothing comes down it for too long (the network is gone), everything of the child is ended and the files
 * that it held are removed. What it tells us stands behind our mark among the child's own output.
 */
const MAIN = `
exec 3<&0 </dev/null
tell() { echo "[vllm-oom-doctor $marker] $*"; }
# Without these nobody could be ended for sure.
setsid=$(command -v setsid)
{ [ -r /proc/self/stat ] && [ -r /proc/net/tcp ] && [ -n "$setsid" ]; } || { tell unable; exit 71; }
# The sockets that listen on the port: the tenth column of what /proc tells; 0A is LISTEN.
listening() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -iE "^ *[0-9]+: [0-9A-F]+:$port [0-9A-F]+:0000 0A " |
    while read -r a b c d e f g h i inode rest; do echo "$inode"; done
}
# Whose they are, once there are some.
owner() {
  sockets=$(listening)
  [ -z "$sockets" ] && return
  links=$(for pid in $(ours); do ls -l "/proc/$pid/fd" || echo unseen; done 2>/dev/null)
  case $links in *unseen*) echo unseen; return ;; esac
  for inode in $sockets; do
    case $links in *"socket:[$inode]"*) ;; *) echo foreign; return ;; esac
  done
  echo ours
}
[ -n "$(listening)" ] && { tell taken; exit 72; }
shared=$(ls /dev/shm 2>/dev/null)
known= files= over= quiet=0 told=
trap 'quiet=0' USR2
trap 'over=1' USR1 TERM HUP INT
launch 3<&- &
group=$!
tell started "$group"
# Our output may have lost its reader; what is ended has to be ended nevertheless.
trap '' PIPE
( while IFS= read -r line; do kill -s USR2 $$; done; kill -s USR1 $$ ) <&3 >/dev/null 2>&1 &
hand=$!
exec 3<&-
while [ -z "$over" ] && [ "$quiet" -lt "$silence" ] && alive "$group"; do
  # What a child that dies of itself leaves behind has to be known before.
  [ $((quiet % 5)) -eq 1 ] && files="$files
$(held)"
  whose=$told
  [ "$told" = ours ] || whose=$(owner)
  [ "$whose" != "$told" ] && { told=$whose; [ -n "$told" ] && tell "$told"; }
  quiet=$((quiet + 1))
  sleep 1
done
trap '' USR1 USR2 TERM HUP INT
[ "$quiet" -ge "$silence" ] && tell silent
kill "$hand" 2>/dev/null
code=
alive "$group" || { wait "$group"; code=$?; }
files="$files
$(held)"
those=$(ours)
# A child that has not come to its mark yet is known by its number, as nobody has waited for it.
[ -z "$code" ] && those="$those $group"
signal() { [ -z "$code" ] && kill -s "$1" "$group" 2>/dev/null; for pid in $(ours); do kill -s "$1" "$pid" 2>/dev/null; done; }
signal TERM
tries=0
while [ $tries -lt "$grace" ] && alive $those; do sleep 0.1; tries=$((tries + 1)); done
signal KILL
tries=0
while [ $tries -lt 50 ] && alive $those; do sleep 0.1; tries=$((tries + 1)); done
[ -z "$code" ] && ! alive "$group" && { wait "$group"; code=$?; }
left=$(ours)
[ -z "$left" ] && removed "$files"
for pid in $left; do tell left "$pid"; done
tell swept
exit "\${code:-143}"
`;

/**
 * Reads a text from standard input up to a line that is its mark, and only then does what it says: a connection that is
 * cut earlier starts nothing. One line without a quote, so that any login shell hands it on as it is.
 */
const BOOT = `T=; N=$(printf "\\nx"); N=\${N%x}; while IFS= read -r L; do [ "$L" = "$1" ] && { eval "$T"; exit; }; T=$T$N$L; done`;

/** The command for the shell of the other host. It holds nothing of the launch: everybody there can read it. */
export const remoteCommand = (marker: string): string => `exec sh -c '${BOOT}' vllm-oom-doctor ${marker}`;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Whether a shell can take it over word for word. */
export const isTellable = ({ file, args, env }: StartCommand): boolean =>
  Object.keys(env).every(name => NAME.test(name)) &&
  ![file, ...args, ...Object.values(env)].some(text => text.includes('\0'));

/** What goes down standard input first: the script with the launch, its variables and its tokens, up to the mark. */
export const remoteText = (
  { file, args, env }: StartCommand,
  { marker, port, graceMs, silenceS = SILENCE_S }: { marker: string; port: number; graceMs: number; silenceS?: number },
): string => {
  const variables = { PYTHONUNBUFFERED: '1', ...env, [MARKER_VARIABLE]: marker };
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return `
marker=${quoted(marker)}
port=${port.toString(16).toUpperCase().padStart(4, '0')}
grace=${Math.ceil(graceMs / 100)}
silence=${silenceS}
launch() {
${exports.join('\n')}
command -v ${quoted(file)} >/dev/null || { tell missing; exit 127; }
exec "$setsid" ${[file, ...args].map(quoted).join(' ')}
}
${FAMILY_FUNCTIONS}
${MAIN}
${marker}
`;
};
