/** Programs whose arguments vLLM's own parser reads, so that spelling and form count. */
export const COMMAND_LINE: ReadonlySet<string> = new Set(['serve', 'api_server', 'image']);

/** Programs that give vLLM its arguments as keywords of Python. */
export const PYTHON: ReadonlySet<string> = new Set(['llm', 'lm_eval']);
