import { describe, expect, it } from 'vitest';
import { readProcess } from '../../src/log/read/process.js';
import { removeControls } from '../../src/log/repair/controls.js';
import { peel } from '../../src/log/repair/prefixes.js';

/** Every shape of prefix: what is left, and what the prefix tells. */
const shapes: [line: string, text: string, told?: { level?: string; process?: string; rank?: number }][] = [
  ['INFO 04-09 05:39:42 [__init__.py:239] msg', 'msg', { level: 'INFO' }],
  ['INFO 01-20 18:39:36 metrics.py:467] msg', 'msg', { level: 'INFO' }],
  ['ERROR 11-03 23:14 [serving_chat.py:1145] msg', 'msg', { level: 'ERROR' }],
  ['ERROR 11-04 18:02:56 [v1/executor/multiproc_executor.py:597] msg', 'msg', { level: 'ERROR' }],
  ['DEBUG 11-04 18:02:56 [model_executor/.../utils/fp8_utils.py:12] msg', 'msg', { level: 'DEBUG' }],
  ['INFO  [gpu_worker.py:642] msg', 'msg', { level: 'INFO' }],
  [
    '(EngineCore_DP0 pid=17374) ERROR 04-09 05:39:42 [core.py:1]   File "x"',
    '  File "x"',
    { level: 'ERROR', process: 'EngineCore_DP0' },
  ],
  ['(EngineCore pid=79)     return f()', '    return f()', { process: 'EngineCore' }],
  ['(APIServer pid=1) INFO 04-09 05:39:42 [a.py:1] msg', 'msg', { process: 'APIServer' }],
  ['(ApiServer_0 pid=12) INFO:     Started', 'INFO:     Started', { process: 'ApiServer_0' }],
  ['(VllmWorkerProcess pid=214) INFO 04-09 05:39:42 a.py:1] msg', 'msg', { process: 'VllmWorkerProcess:214' }],
  ['VllmWorkerProcess pid=214) INFO 04-09 05:39:42 a.py:1] msg', 'msg', { process: 'VllmWorkerProcess:214' }],
  ['RayWorkerWrapper pid=1861983) msg', 'msg', { process: 'RayWorkerWrapper:1861983' }],
  ['(VllmWorker rank=5 pid=3073) msg', 'msg', { process: 'VllmWorker:rank5', rank: 5 }],
  ['(VllmWorker TP0 pid=1285341) msg', 'msg', { process: 'VllmWorker:TP0', rank: 0 }],
  ['(Worker_TP3 pid=1037) msg', 'msg', { process: 'Worker_TP3', rank: 3 }],
  ['(Worker_PP1_TP0 pid=347) msg', 'msg', { process: 'Worker_PP1_TP0' }],
  ['(Worker_TP4_EP4 pid=21236) msg', 'msg', { process: 'Worker_TP4_EP4', rank: 4 }],
  ['(Worker pid=226322) msg', 'msg', { process: 'Worker:226322' }],
  ['(VllmWorker-0 pid=6668) msg', 'msg', { process: 'VllmWorker-0:6668' }],
  ['(Worker pid=2291010) [Stage-0] ERROR 04-09 05:39:42 [a.py:1] msg', 'msg', { level: 'ERROR' }],
  ['(EngineCore pid=7476) 2026-07-25 13:42:38,525 - INFO - autotuner.py:100 - msg', 'msg', { process: 'EngineCore' }],
  ['[rank0]: Traceback (most recent call last):', 'Traceback (most recent call last):', { process: 'rank0', rank: 0 }],
  ['[rank0]:   File "x"', '  File "x"', { rank: 0 }],
  ['[rank2]:[E1001 07:50:27.333790410 ProcessGroupNCCL.cpp:1496] msg', 'msg', { level: 'ERROR', rank: 2 }],
  ['[W526 07:50:27.333790410 utils.cpp:68] msg', 'msg', { level: 'WARNING' }],
  ['W1121 14:18:51.006000 6668 torch/_library/triton.py:53] msg', 'msg', { level: 'WARNING' }],
  ['[80746] [rank1]:[W1001 07:50:27.33 a.cpp:1] msg', 'msg', { rank: 1 }],
  ['(RayWorkerWrapper pid=1054, ip=10.96.62.52) msg', 'msg', { process: 'RayWorkerWrapper:1054@10.96.62.52' }],
  ['(RayWorkerWrapper pid=10, ip=xx.yy.zz.217) msg', 'msg', { process: 'RayWorkerWrapper:10@xx.yy.zz.217' }],
  ['(main_task pid=31) msg', 'msg', { process: 'main_task:31' }],
  ['(RayWorkerWrapper pid=1054) msg [repeated 30x across cluster]', 'msg'],
  [
    '(ServeReplica:app:LLMServer:model pid=28488) (EngineCore pid=29087) (RayWorkerProc pid=29271) (Worker pid=29272) INFO 04-09 05:39:42 [a.py:1] msg',
    'msg',
    { process: 'Worker:29272' },
  ],
  ['(ServeController pid=9) msg', 'msg'],
  ['vllm-1  | INFO 04-09 05:39:42 [a.py:1] msg', 'msg', { level: 'INFO' }],
  ['vllm-mxfp4  | (APIServer pid=1) msg', 'msg', { process: 'APIServer' }],
  ['vllm-1  |   File "x"', '  File "x"'],
  ['x-local  | 2024-02-20 21:46:23 | ERROR | stderr | msg', 'msg'],
  ['2024-04-27 10:13:05 | ERROR | stderr |   File "x"', '  File "x"'],
  ['2025-07-10 08:59:40 ERROR 07-09 17:59:40 [core.py:586] msg', 'msg', { level: 'ERROR' }],
  ['2026-03-11T17:57:09.855212259Z (EngineCore_DP0 pid=469) msg', 'msg', { process: 'EngineCore_DP0' }],
  ['2026-03-11T17:57:09.855212259Z stderr F   File "x"', '  File "x"'],
  ['2026-03-11T17:57:09+02:00 msg', 'msg'],
  ['[2026-02-24T20:21:58Z] msg', 'msg'],
  ['  | [2025-03-10T15:07:20Z] ERROR 04-09 05:39:42 [a.py:1] msg', 'msg', { level: 'ERROR' }],
  ['INFO 2025-11-19T20:16:36.096625454Z [resource.labels.containerName: vllm] (EngineCore_DP0 pid=270) msg', 'msg'],
  ['Aug 17 18:42:18 vllm vllm[8052]: (APIServer pid=8052) msg', 'msg', { process: 'APIServer' }],
  ['6月 10 16:45:05 host bash[107468]: msg', 'msg'],
  ['kserve-container INFO 09-02 10:00:00 a.py:1] msg', 'msg', { level: 'INFO' }],
  ['2024-07-01 07:28:04.488 1 kserve ERROR [__main__.py:<module>():254] msg', 'msg'],
  ['2026-05-08 11:47:02.257 [Error] (Process) (EngineCore pid=2651) msg', 'msg', { process: 'EngineCore' }],
  ['2024-11-18T16:43:45,496 [INFO ] W-9000-model_1.0-stdout MODEL_LOG - msg', 'msg'],
  ['INFO  PyProcess W-299-model1-stdout: [1,0]<stdout>:msg', 'msg'],
  ['[INFO ] PyProcess - W-210-model-stdout: msg', 'msg'],
  ['2024-10-15 01:55:07,541 vllm.worker.model_runner 75563 INFO     msg', 'msg'],
  ['vLLM STDOUT: INFO 04-09 05:39:42 [a.py:1] msg', 'msg', { level: 'INFO' }],
  ['3:44PM DBG GRPC(id-127.0.0.1:44793): stderr msg', 'msg'],
  ['[ERROR]   File "x"', '  File "x"'],
];

/** What only looks like a prefix: it stays. */
const bare = [
  'INFO:     10.0.0.7:39210 - "POST /v1/chat/completions HTTP/1.1" 200 OK',
  '  File "/x/y.py", line 3, in f',
  'ValueError: x | y',
  '| Model | Weights |',
  'Error in memory profiling. Initial free memory 1 GiB',
  'CUDA out of memory. Tried to allocate 2.00 GiB',
  'Warning: something',
  '(see above)',
  '[multiproc_executor.py:1] x',
];

describe('prefixes', () => {
  for (const [line, text, told] of shapes)
    it(line, () => {
      const peeled = peel(line);
      expect(peeled.text).toBe(text);
      expect(peeled.begins || peeled.row !== undefined).toBe(true);
      if (told?.level) expect(peeled.level).toBe(told.level);
      const label = peeled.process === undefined ? undefined : readProcess(peeled.process);
      if (told?.process) expect(label?.key).toBe(told.process);
      if (told?.rank !== undefined) expect(label?.rank).toBe(told.rank);
    });

  for (const line of bare)
    it(`leaves "${line}"`, () => {
      expect(peel(line)).toEqual({ text: line, begins: false });
    });
});

describe('control sequences', () => {
  const cases: [string, string][] = [
    ['\u001B[1;36m(VllmWorker rank=4 pid=317)\u001B[0;0m x', '(VllmWorker rank=4 pid=317) x'],
    ['[1;36m(VllmWorker rank=4 pid=317)[0;0m x', '(VllmWorker rank=4 pid=317) x'],
    ['#033[31mERROR#033[0m x', 'ERROR x'],
    ['\\x1b[31mERROR\\x1b[0m', 'ERROR'],
    ['\\u001b[31mERROR', 'ERROR'],
    ['\u001B]0;title\u0007x', 'x'],
    ['a\u00A0b\u200Bc', 'a bc'],
    ['ERROR [multiproc_executor.py:1] x', 'ERROR [multiproc_executor.py:1] x'],
    ['x[0] = y[1]m', 'x[0] = y[1]m'],
  ];
  for (const [dirty, clean] of cases) it(JSON.stringify(dirty), () => expect(removeControls(dirty)).toBe(clean));
});
