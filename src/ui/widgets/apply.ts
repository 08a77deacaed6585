import type { Text } from '../../common/text.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR } from '../strings.js';

const WAYS: { shape: RegExp; how: Text }[] = [
  { shape: /compose/, how: STR.retest.applyCompose },
  { shape: /kubernetes/, how: STR.retest.applyKubernetes },
  { shape: /helm/, how: STR.retest.applyHelm },
  { shape: /systemd/, how: STR.retest.applySystemd },
];

/** How a launch that is a file is put to work where it runs; null for a command, which is just typed. */
export const howToApply = ({ answer }: WizardState): Text | null =>
  WAYS.find(({ shape }) => shape.test(answer?.launch?.shape ?? ''))?.how ?? null;
