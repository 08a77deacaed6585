import { editLaunch, readLaunch } from '../launch/index.js';
import { renderAnswer } from '../report/render.js';
import { planRetest } from '../retest/index.js';
import { previewFixes } from '../session/preview.js';
import { answerOf } from '../session/round-answer.js';
import type { Engine } from '../ui/services.js';

/** The whole pipeline, for the wizard. */
export const engine: Engine = {
  answerOf,
  previewFixes,
  planRetest: (command, via) => planRetest(command, via),
  readLaunch,
  editLaunch,
  renderAnswer,
};
