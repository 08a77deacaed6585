/**
 * What a model's name tells about its size: weak evidence, because names are free text. Dense and MoE alike count all
 * parameters (`30B-A3B` is 30), `8x7B` is about 47 (the experts share the attention; Mixtral's own figure).
 */
export const parametersFromName = (model: string): number | null => {
  const name = model.split('/').at(-1) ?? model;
  const experts = /(?:^|[^a-z0-9.])(\d{1,3})x(\d{1,3}(?:\.\d{1,2})?)b(?![a-z0-9])/i.exec(name);
  if (experts) return Math.round(Number(experts[1]) * Number(experts[2]) * 0.84 * 10) / 10;
  const sizes = [...name.matchAll(/(?:^|[^a-z0-9.])(\d{1,4}(?:\.\d{1,2})?)b(?![a-z0-9])/gi)].map(match =>
    Number(match[1]),
  );
  const largest = Math.max(...sizes);
  return sizes.length > 0 && largest >= 0.1 && largest <= 3000 ? largest : null;
};

/** Words by which models with a vision or audio encoder are named; text-only models of these families are named otherwise. */
const MULTIMODAL =
  /(?:^|[^a-z])vl(?:[^a-z]|$)|vl\d|vision|internvl|llava|minicpm-?[vo](?![a-z])|minicpm[^/]{0,20}-v(?![a-z])|xcomposer|gemma-?3[-_](?!1b|270m)|gemma-?3n|pixtral|ovis|omni|(?:^|[^a-z])aria(?:[^a-z]|$)|glm-?4(?:\.\d)?v|molmo|paligemma|smolvlm|idefics|ocr|phi-?(?:3(?:\.5)?|4)-?(?:v|multimodal)|mllama|fuyu|blip|nvlm|whisper|ultravox|voxtral|audio|mistral-small-3\.[12]|llama-?4|docling|cogvlm|chameleon|skywork-?r1v|keye|step3|ui-?tars|mineru|cosmos-reason|tarsier|cogagent|bunny|minigpt|florence|kosmos/i;

/** True where the name says that the model has an encoder for images or sound; weak evidence like every name. */
export const isNamedMultimodal = (model: string): boolean => MULTIMODAL.test(model);

/** Architectures that take images or sound besides text end so; the old text-to-text ones do as well. */
export const isMultimodalArchitecture = (name: string | undefined): boolean =>
  name !== undefined && /ForConditionalGeneration$/.test(name) && !/^(?:T5|MT5|Bart|MBart|Pegasus|Florence)/.test(name);

/** Bits of a weight in a quantised checkpoint, by the words that names and --quantization use (scales included). */
const WIDTHS: [RegExp, number][] = [
  [/awq|gptq|int4|w4a16|4bit|4-bit|nvfp4|mxfp4|fp4|bnb|bitsandbytes|nf4|q4_|autoround/i, 0.56],
  [/fp8|int8|w8a8|8bit|8-bit|w8a16|q8_/i, 1.03],
];

/** Bytes that one parameter takes once loaded; 16 bit where nothing says otherwise (`auto` loads float32 as 16 bit). */
export const bytesPerParameter = (
  model: string,
  quantization: string | undefined,
  dtype: string | undefined,
): number | null => {
  const words = `${model} ${quantization ?? ''}`;
  const quantised = WIDTHS.find(([pattern]) => pattern.test(words));
  if (quantised) return quantised[1];
  if (/float32|^float$/i.test(dtype ?? '')) return 4;
  return 2;
};
