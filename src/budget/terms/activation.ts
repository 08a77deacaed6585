import { GIB } from '../../common/units.js';
import { amount } from '../amount.js';
import { since } from '../eras.js';
import type { Gpu } from '../gpu.js';
import { counted, type ModelShape } from '../model/shape.js';
import type { Settings } from '../settings.js';
import type { Amount } from '../types.js';
import { type EncoderProfile, encoderProfile } from './encoder.js';
import type { Stage } from './stages.js';

/**
 * A first start that compiles measures a higher peak than a warm one: 1.1 GiB seen between two starts of the same settings
 * (0.31.0; issues #54122, #54383); the figures here are those of warm starts.
 */
const COLD_COMPILE_GIB = 1.1;

/** The peak of the profile run, by its makers. GiB. */
export interface ActivationPeak {
  peak: Amount;
  /** One float32 logits buffer (rows x vocabulary x 4 bytes). */
  logitsGiB: number;
  samplerGiB: number;
  forwardGiB: number;
  moeGiB: number;
  encoder: EncoderProfile | null;
  /** The part that decides: what to lower first. */
  decidedBy: 'sampler' | 'forward' | 'encoder';
}

/**
 * How many logits-sized float32 buffers the sampler's profile needs. V0 and V1 up to 0.16.0 sort the whole vocabulary
 * (values, indices and sort buffers); from 0.17.0 Triton selects top-k/top-p with a scratch of one row per
 * multiprocessor; V2 up to 0.32.0 only takes the maximum. v1/sample/ops/topk_topp_sampler.py@0.16.0/0.17.0.
 */
const samplerFactor = (settings: Settings, gpu: Gpu, rows: number): number => {
  if (settings.engine === 'V0' || !since(settings.version, '0.17.0')) return 9.57;
  if (settings.runner === 'V2') return since(settings.version, '0.33.0') ? 3.5 : 0.5;
  return 3.57 + Math.min(gpu.processors ?? 108, rows) / rows;
};

/** Scratch of the fused experts for `tokens` tokens: fused_moe/modular_kernel.py; Triton and Marlin alike. */
const moeBytes = (shape: ModelShape, settings: Settings): number => {
  const moe = shape.layers.find(layer => layer.ffn.experts > 0)?.ffn;
  // gpt-oss' MXFP4 experts run in kernels of their own that need no scratch (triton_kernels).
  if (!moe || shape.modelType === 'gpt_oss') return 0;
  const { version } = settings;
  const chunk = since(version, '0.18.0') ? Number.POSITIVE_INFINITY : since(version, '0.12.0') ? 16384 : 65536;
  const tokens = Math.min(settings.maxNumBatchedTokens * settings.dataParallel, chunk);
  const width = settings.expertParallel ? moe.expertWidth : moe.expertWidth / settings.tensorParallel;
  const gateUp = moe.topK * Math.max(width, moe.expertIn);
  const down = moe.topK * Math.max(2 * width, moe.expertIn);
  return 2 * tokens * (gateUp + down);
};

/** Rows of attention's up-projected keys and values that MLA's prefill makes at once. */
const mlaBytes = (shape: ModelShape, settings: Settings): number => {
  const mla = shape.layers.find(layer => layer.mixer.kind === 'mla')?.mixer;
  if (mla?.kind !== 'mla' || settings.engine === 'V0') return 0;
  const rows = Math.min(Math.max(8 * settings.maxModelLen, 4 * settings.maxNumSeqs * settings.blockSize), 65536);
  return rows * (mla.heads / settings.tensorParallel) * (mla.nopeDim + mla.valueDim) * 2;
};

/** Bytes a token costs in the widest layer's forward pass: the MLP's gate, up and product beside the hidden buffers. */
const forwardBytes = (shape: ModelShape, settings: Settings): number => {
  const { tensorParallel: tp } = settings;
  const compiled = settings.engine === 'V1' && !settings.eager;
  const buffers = (compiled ? 3.5 : 3) + (settings.pipelineParallel > 1 ? 2.5 : 0);
  const widest = Math.max(
    0,
    ...counted(shape.layers).map(([{ ffn }]) => (ffn.gated ? 3 : 2) * Math.max(ffn.width, ffn.sharedWidth)),
  );
  return settings.maxNumBatchedTokens * settings.dtypeBytes * (widest / tp + buffers * shape.hidden);
};

/**
 * "PyTorch activation peak" of the profile run on one rank of a stage, without CUDA graphs. Formula and check:
 * max(forward, hidden + k x logits) + expert scratch, against the encoder's own peak; see the functions above.
 */
export const activationOf = (shape: ModelShape, settings: Settings, gpu: Gpu, stage: Stage): ActivationPeak => {
  const { tensorParallel: tp } = settings;
  const rows = Math.min(settings.maxNumSeqs * (1 + settings.speculativeTokens), settings.maxNumBatchedTokens);
  const sharded = settings.shardedSampling && settings.runner === 'V2' && tp > 1;
  const logits = ((sharded ? Math.ceil(rows / tp) : rows) * shape.vocab * 4) / GIB;
  const hidden = (settings.maxNumBatchedTokens * shape.hidden * settings.dtypeBytes) / GIB;
  // V0's chunked prefill profiles unfinished prompts: nothing is sampled.
  const samples = stage.isLast && !(settings.engine === 'V0' && settings.chunkedPrefill);
  const sampler = samples ? hidden + samplerFactor(settings, gpu, rows) * logits : 0;
  const forward = forwardBytes(shape, settings) / GIB + mlaBytes(shape, settings) / GIB;
  const moe = moeBytes(shape, settings) / GIB;
  const encoder = stage.isFirst ? encoderProfile(shape, settings) : null;
  // Up to 0.12 the experts' scratch is freed before sampling; from 0.13.0 one workspace stays (v1/worker/workspace.py), and
  // from 0.27.0 it is charged to "consumed" instead of the peak.
  const transient = Math.max(sampler, forward + (since(settings.version, '0.13.0') ? 0 : moe));
  const kept = since(settings.version, '0.13.0') && !since(settings.version, '0.27.0') ? moe : 0;
  const text = transient + kept + (encoder?.keptGiB ?? 0);
  const byForward = sampler < forward;
  const spread = settings.runner === 'V2' ? 0.25 : shape.vision || byForward ? 0.1 : 0.05;
  // Checked: 5 % for text models whose sampler decides; vision models come out higher than their language model alone.
  const compiled = since(settings.version, '0.27.0') && !settings.eager;
  const above =
    Math.max(text * (shape.vision ? Math.max(spread, 0.2) : spread), 0.05) + (compiled ? COLD_COMPILE_GIB : 0);
  const textPeak = amount(text, Math.max(0, text - Math.max(text * spread, 0.05)), text + above);
  const peak =
    encoder && encoder.peak.gib > text ? amount(encoder.peak.gib, encoder.peak.low, encoder.peak.high) : textPeak;
  return {
    peak,
    logitsGiB: logits,
    samplerGiB: sampler,
    forwardGiB: forward,
    moeGiB: moe,
    encoder,
    decidedBy: encoder && encoder.peak.gib > text ? 'encoder' : sampler >= forward ? 'sampler' : 'forward',
  };
};
