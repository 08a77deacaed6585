import { homedir, tmpdir } from 'node:os';

/** A user without an entry in the system's list and without HOME (a container's --user) has no home: then a temporary one. */
export const home = (): string => {
  try {
    return homedir();
  } catch {
    return tmpdir();
  }
};

/** The path with a `~` at its beginning spelled out, as a shell would; other users' homes (`~name`) stay as they are. */
export const withHome = (path: string): string =>
  path === '~' || path.startsWith('~/') ? home() + path.slice(1) : path;
