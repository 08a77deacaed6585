#!/usr/bin/env node
// npx ignores "engines": check before anything newer than this line's syntax is loaded.
export {};

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `vllm-oom-doctor needs Node.js 20.19 or newer; this is ${process.versions.node}.\nInstall a newer one (https://nodejs.org) or run: npx -p node@22 -p vllm-oom-doctor vllm-oom-doctor\n`,
  );
  process.exit(69);
}
const { main } = await import('./main.js');
await main(process.argv.slice(2));
