import { BISECT_FLAGS } from '../../retest/bisect.js';
import type { Command } from '../command.js';
import { attempts } from '../retest/attempts.js';
import { manual } from '../retest/manual.js';
import { readRequest, TRIES } from '../retest/options.js';
import { RetestRoom } from '../retest/room.js';
import { search } from '../retest/search.js';

const run = async (argv: string[]): Promise<number> => {
  const request = readRequest(argv);
  const room = new RetestRoom(request.settings);
  return room.told(() => {
    if (request.settings.via === 'manual') return manual(room);
    if (request.search) return search(room, request.search);
    return attempts(room, request);
  });
};

export const command: Command = {
  run,
  help: {
    en: `
vllm-oom-doctor retest [options] -- <launch command>   change it, start it, watch it come up, ask it something, stop it

Examples
  vllm-oom-doctor retest -- vllm serve Qwen/Qwen3-8B --max-model-len 131072
  vllm-oom-doctor retest --log crash.log --auto -- vllm serve Qwen/Qwen3-8B --max-model-len 131072
  vllm-oom-doctor retest --fix lower-max-num-seqs -- vllm serve Qwen/Qwen2.5-VL-7B-Instruct
  vllm-oom-doctor retest --auto --bisect max-model-len -- vllm serve Qwen/Qwen3-8B
  vllm-oom-doctor retest --via manual -- vllm serve Qwen/Qwen3-8B       you run it elsewhere and paste its output

Options
  --log FILE            the crash log: the advised fixes are applied before the first start
  --fix ID              apply this fix (repeat it, or separate by commas); see vllm-oom-doctor explain
  --auto                do not ask; go on with the next sufficient fixes until one holds
  --tries N             at most N starts (${TRIES})
  --timeout SECONDS     until it must be ready (1800)
  --load N[xTOKENS]     after the first answer N requests at once, as long as the server admits or of TOKENS each
  --bisect FLAG         the largest value that holds: ${Object.keys(BISECT_FLAGS).join(', ')}
  --via local|docker|ssh HOST|manual   on this machine (docker run is known by itself), over ssh with keys, or by you
  --vllm VERSION  --gpu "2x A100 80GB"  --gpu-total-gib 79.25  --model-config config.json   what you know
  --format text|json    json: every attempt and the outcome on standard output, the progress on standard error
  -v, --verbose         print the server's output too
  --lang en|zh-CN

It is proven only when it came up and answered a real request itself. Nothing is left behind, even when the doctor is
killed or the connection breaks; what could not be checked is said, with the command to look yourself. Over ssh nothing
of the launch stands on a command line but that of the server itself.

Exit codes: 0 proven, 1 no fix held, 2 its log establishes no cause, 3 it fails of something else than memory, 64 usage,
65 the command cannot be started as it is, 69 program or host not found, port in use, connection lost, 130 interrupted`,
    zh: `
vllm-oom-doctor retest [选项] -- <启动命令>   修改、启动、观察启动、发送请求、停止

示例
  vllm-oom-doctor retest -- vllm serve Qwen/Qwen3-8B --max-model-len 131072
  vllm-oom-doctor retest --log crash.log --auto -- vllm serve Qwen/Qwen3-8B --max-model-len 131072
  vllm-oom-doctor retest --fix lower-max-num-seqs -- vllm serve Qwen/Qwen2.5-VL-7B-Instruct
  vllm-oom-doctor retest --auto --bisect max-model-len -- vllm serve Qwen/Qwen3-8B
  vllm-oom-doctor retest --via manual -- vllm serve Qwen/Qwen3-8B       由你在别处运行并粘贴输出

选项
  --log FILE            崩溃日志：首次启动前先应用建议的修复
  --fix ID              应用该修复（可重复，或用逗号分隔）；见 vllm-oom-doctor explain
  --auto                不询问；依次尝试足够的修复直到成功
  --tries N             最多启动 N 次（${TRIES}）
  --timeout SECONDS     必须在此时间内就绪（1800）
  --load N[xTOKENS]     首次应答后同时发送 N 个请求，长度为服务允许的上限或各 TOKENS
  --bisect FLAG         可行的最大值：${Object.keys(BISECT_FLAGS).join(', ')}
  --via local|docker|ssh HOST|manual   在本机（docker run 会自动识别）、用密钥经 ssh，或由你运行
  --vllm VERSION  --gpu "2x A100 80GB"  --gpu-total-gib 79.25  --model-config config.json   你已知的信息
  --format text|json    json：每次尝试和结果写到标准输出，进度写到标准错误
  -v, --verbose         同时输出服务的日志
  --lang en|zh-CN

只有启动成功并由它自己应答了真实请求才算已验证。即使本工具被杀死或连接中断，也不会留下任何进程；
无法检查的部分会如实说明，并给出自行查看的命令。经 ssh 时，启动内容只出现在服务自身的命令行上。

退出码：0 已验证，1 没有可行的修复，2 日志无法确定根因，3 因内存之外的原因失败，64 用法错误，
65 命令无法按原样启动，69 找不到程序或主机、端口被占用、连接中断，130 被中断`,
  },
};
