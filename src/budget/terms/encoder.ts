import { GIB } from '../../common/units.js';
import { around } from '../amount.js';
import { since } from '../eras.js';
import type { ModelShape, Vision } from '../model/shape.js';
import type { Settings } from '../settings.js';
import type { Amount } from '../types.js';

/** What the profile run does with the vision tower: its peak, and what stays during the language model's pass. */
export interface EncoderProfile {
  peak: Amount;
  keptGiB: number;
  items: number;
  tokensPerItem: number;
  /** Patches that go through the tower at once: one pass for each kind of item. */
  passes: number[];
}

/** Tokens of the largest image under the user's pixel limit (Qwen processors: one token for every (patch x merge)^2 pixels). */
const imageTokens = (vision: Vision, settings: Settings): number | null => {
  if (vision.family.startsWith('qwen') && settings.maxPixels !== null)
    return Math.max(1, Math.floor(settings.maxPixels / (vision.patch * vision.merge) ** 2));
  return vision.imageTokens;
};

/** Tokens of the largest video item (models/qwen2_vl.py, qwen3_vl.py, internvl.py); null: not known; 0: none. */
const videoTokens = (vision: Vision, settings: Settings, image: number): number | null => {
  if (!vision.hasVideo || settings.videoLimit === 0) return 0;
  if (vision.family === 'qwen3' && since(settings.version, '0.15.0')) return 12288;
  if (vision.family.startsWith('qwen')) {
    const frames = since(settings.version, '0.11.0') ? 14 : 16;
    // The images of a prompt take their part of its length first (get_num_frames_with_most_features).
    const length = settings.engine === 'V0' ? settings.maxModelLen - image * settings.imageLimit : settings.maxModelLen;
    const fitting = Math.max(1, Math.min(frames, 2 * Math.floor(length / image)));
    return Math.ceil(fitting / 2) * image;
  }
  return null;
};

/**
 * 16-bit elements that a patch costs in the tower: the MLP's buffers and six of the hidden size. Qwen2.5-VL's gated MLP has
 * three (2.45 of 2.47 GiB logged), Llama 3.2 Vision fits three as well, Qwen3's plain one two; InternViT: 12.4 hidden
 * sizes, from a logged start.
 */
const elementsPerPatch = ({ family, intermediate, hidden }: Vision): number => {
  if (family === 'internvit') return 12.4 * hidden;
  return (family === 'qwen3' ? 2 : 3) * intermediate + 6 * hidden;
};

/** Bytes of the tower's activations for `patches` patches at once, the pixels included. */
const towerBytes = (vision: Vision, patches: number): number =>
  patches * 2 * (elementsPerPatch(vision) + 3 * vision.patch ** 2 * vision.temporalPatch);

/**
 * The encoder's part of the profile run; null for text models and where nothing is profiled. V2 had no encoder profile
 * before 0.27.0. Budget and items: v1/worker/utils.py, multimodal/encoder_budget.py@0.16.0-0.33.0.
 */
export const encoderProfile = (shape: ModelShape, settings: Settings): EncoderProfile | null => {
  const { vision } = shape;
  if (!vision || settings.skipMmProfiling) return null;
  if (settings.runner === 'V2' && !since(settings.version, '0.27.0')) return null;
  const image = imageTokens(vision, settings);
  if (image === null) return null;
  const video = videoTokens(vision, settings, image);
  const imageTok = settings.imageLimit === 0 ? 0 : image;
  if (imageTok === 0 && (video ?? 0) === 0) return null;

  const make = (items: number, tokensPerItem: number, patches: number, passes = [patches]): EncoderProfile => {
    const kept = items * tokensPerItem * shape.hidden * 2 * (1 + vision.deepstackLevels);
    const outputs = vision.family === 'mllama' ? 0 : items * tokensPerItem * shape.hidden * 2;
    const peak = towerBytes(vision, patches) + outputs;
    return {
      peak: around(peak / GIB, vision.family === 'qwen3' ? 0.25 : 0.1, vision.family === 'qwen3' ? 0.3 : 0.15, 0.05),
      keptGiB: kept / GIB,
      items,
      tokensPerItem,
      passes,
    };
  };
  const patchesOf = (tokens: number) => tokens * vision.merge ** 2;

  if (vision.family === 'mllama') {
    // Every one of max_num_seqs sequences brings an image of four tiles, padded to 1608 patches each.
    const patches = settings.maxNumSeqs * 4 * 1608;
    return make(settings.maxNumSeqs, image, patches);
  }
  if (settings.engine === 'V0') {
    // All modalities of one sequence at once, as often as the limit allows.
    const wanted = imageTok * settings.imageLimit + (video ?? 0) * settings.videoLimit;
    // A prompt holds no more than its length, but one item of each kind is profiled in any case.
    const tokens = Math.min(wanted, Math.max(settings.maxModelLen, imageTok + (video ?? 0)));
    const passes = [imageTok * settings.imageLimit, (video ?? 0) * settings.videoLimit].filter(each => each > 0);
    return make(1, tokens, patchesOf(tokens), [...passes.map(patchesOf), patchesOf(tokens)]);
  }
  const tokensPerItem = Math.max(imageTok, video ?? 0);
  const budget = Math.max(settings.maxNumBatchedTokens, tokensPerItem);
  const limit = tokensPerItem === imageTok ? settings.imageLimit : settings.videoLimit;
  const perPrompt = Math.max(1, Math.min(limit, Math.floor(settings.maxModelLen / tokensPerItem)));
  const items = Math.max(1, Math.min(Math.floor(budget / tokensPerItem), settings.maxNumSeqs * perPrompt));
  return make(items, tokensPerItem, patchesOf(items * tokensPerItem));
};
