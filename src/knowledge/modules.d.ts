// The folders of knowledge/, compiled by scripts/knowledge-plugin.mjs: file path below knowledge/ -> parsed content.
declare module 'knowledge:causes' {
  const files: Record<string, unknown>;
  export default files;
}
declare module 'knowledge:claims' {
  const files: Record<string, unknown>;
  export default files;
}
declare module 'knowledge:fixes' {
  const files: Record<string, unknown>;
  export default files;
}
declare module 'knowledge:lines' {
  const files: Record<string, unknown>;
  export default files;
}
declare module 'knowledge:messages' {
  const files: Record<string, unknown>;
  export default files;
}
declare module 'knowledge:models' {
  const files: Record<string, unknown>;
  export default files;
}
declare module 'knowledge:gpus' {
  const files: Record<string, unknown>;
  export default files;
}
declare module 'knowledge:releases' {
  const files: Record<string, unknown>;
  export default files;
}
declare const __VERSION__: string;
