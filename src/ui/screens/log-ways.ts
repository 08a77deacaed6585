import type { Text } from '../../common/text.js';

/** Where logs are, and the command that shows each. */
export const WAYS: { kind: Text; command: string }[] = [
  { kind: { en: 'Docker', zh: 'Docker' }, command: 'docker logs NAME 2>&1 | npx vllm-oom-doctor' },
  { kind: { en: 'Kubernetes', zh: 'Kubernetes' }, command: 'kubectl logs POD -p | npx vllm-oom-doctor' },
  { kind: { en: 'systemd', zh: 'systemd' }, command: 'journalctl -u vllm -b | npx vllm-oom-doctor' },
  { kind: { en: 'a shell', zh: '终端' }, command: 'vllm serve … 2>&1 | tee vllm.log' },
  { kind: { en: 'killed?', zh: '被杀死？' }, command: 'dmesg -T | grep -i kill' },
];
