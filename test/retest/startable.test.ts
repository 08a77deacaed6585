import { expect, test } from 'vitest';
import { planRetest } from '../../src/retest/plan.js';

const startOf = (command: string) => planRetest(command).start;

test.each([
  'sudo docker run --rm vllm/vllm-openai:v0.11.0 --model m',
  'docker exec -d vllm vllm serve m',
  'docker run -dv /a:/b vllm/vllm-openai:v0.11.0 --model m',
  'vllm serve m --host other.example',
])('is not started here: %s', command => expect(startOf(command)).toBeNull());

test.each([
  'vllm serve m',
  'vllm serve m --host 127.0.0.1',
  'vllm serve m --host 0.0.0.0',
  'vllm serve m --host localhost',
])('is started here: %s', command => expect(startOf(command)?.file).toBe('vllm'));

test('docker container run is docker run', () => {
  const plan = planRetest('docker container run -d --name v vllm/vllm-openai:v0.11.0 --model m');
  expect(plan.via).toBe('docker');
  expect(plan.start?.args[0]).toBe('run');
});

test.each(['sudo vllm serve m', 'srun vllm serve m', 'systemd-run --user vllm serve m'])(
  'is not started on another host either: %s',
  command => expect(planRetest(command, 'ssh', { host: 'gpu-box' }).start).toBeNull(),
);
