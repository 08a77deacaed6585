/** Name of the environment variable that marks what a re-test started. */
export const MARKER_VARIABLE = 'OOM_DOCTOR_RETEST';

/**
 * Shell functions that find, ask and clean up after what one re-test started, for those who have no Node: the watchdog
 * here and the script on another host. They read `$marker`, `$group` (the child's session), `$known` (lines of process
 * number and start time) and `$shared` (what lay in /dev/shm before the start: never ours).
 */
export const FAMILY_FUNCTIONS = `
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
    grep -la "${MARKER_VARIABLE}=$marker" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
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
# Files that would outlive them: shared memory, and sockets that they have bound in /tmp. A process in a container may
# mean a file of its own by the path of one of ours: only what is the same file there and here counts.
held() {
  for pid in $(ours); do
    {
      grep -ao '/dev/shm/[^ ]*$' "/proc/$pid/maps" 2>/dev/null
      ls -l "/proc/$pid/fd" 2>/dev/null |
        sed -n 's|.*-> \\(/dev/shm/[^ ]*\\)$|\\1|p; s|.*-> socket:\\[\\([0-9]*\\)\\]$|\\1|p' |
        while IFS= read -r found; do
          case $found in
            /*) echo "$found" ;;
            *) sed -n "s|.* $found \\(/tmp/.*\\)|\\1|p" /proc/net/unix ;;
          esac
        done
    } | sort -u | while IFS= read -r file; do
      [ "$file" -ef "/proc/$pid/root$file" ] && echo "$file"
    done
  done | sort -u | while IFS= read -r file; do
    case "
$shared
" in *"
\${file#/dev/shm/}
"*) ;; *) echo "$file" ;; esac
  done
}
removed() {
  echo "$1" | sort -u | while IFS= read -r file; do [ -n "$file" ] && rm -f -- "$file"; done
}
`;

/** A word that every POSIX shell reads back byte for byte. It may hold anything but the zero byte. */
export const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
