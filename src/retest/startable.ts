import { networkInterfaces } from 'node:os';
import { basename } from 'node:path';
import { isContainerEngine, splitsSurely } from './container.js';
import type { Endpoint, StartCommand } from './types.js';

/**
 * Programs that hand the server to somebody else: another user, a service manager, a scheduler or cluster, a detached
 * terminal, another host.
 */
const HAND_OVER = new Set(
  [
    'sudo doas su runuser pkexec run0 machinectl',
    'systemd-run systemctl start-stop-daemon supervisorctl pm2 daemonize setsid at batch',
    'srun sbatch salloc bsub qsub ray kubectl oc helm nomad modal sky gcloud docker-compose podman-compose',
    'tmux screen zellij dtach abduco ssh mosh',
  ].flatMap(names => names.split(' ')),
);
const handsOver = ({ file }: StartCommand): boolean => HAND_OVER.has(basename(file));

/** `docker container run …` is `docker run …`. */
const normalised = (start: StartCommand): StartCommand =>
  isContainerEngine(start.file) && start.args[0] === 'container' && start.args[1] === 'run'
    ? { ...start, args: start.args.slice(1) }
    : start;

const isOurs = (host: string): boolean =>
  /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/.test(host) ||
  Object.values(networkInterfaces()).some(list => list?.some(({ address }) => address === host));

/**
 * The command as a re-test may start it: only where it stays a child of ours to the end and answers on this machine.
 * Null for what would run on behind our back (`docker exec`, `sudo`, a cluster's launcher), for options of a container
 * that cannot be told from their values, and for a server of another host, which would be asked with the user's key.
 */
export const startableHere = (start: StartCommand, endpoint: Endpoint): StartCommand | null => {
  const command = normalised(start);
  if (handsOver(command)) return null;
  if (isContainerEngine(command.file) && (command.args[0] !== 'run' || !splitsSurely(command.args.slice(1))))
    return null;
  return isOurs(endpoint.host) ? command : null;
};

/** The same on another host, where only a child of our own script is ended for sure: no container either. */
export const startableThere = (start: StartCommand): StartCommand | null => (handsOver(start) ? null : start);
