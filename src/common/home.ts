import { homedir, tmpdir } from 'node:os';

/** A user without an entry in the system's list and without HOME (a container's --user) has no home: then a temporary one. */
export const home = (): string => {
  try {
    return homedir();
  } catch {
    return tmpdir();
  }
};
