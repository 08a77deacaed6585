#!/usr/bin/env python3
"""Records on which lines a vLLM release logs what, and where its functions stand.

    python3 scripts/release-lines.py knowledge/lines/lines.json ARCHIVE...

ARCHIVE is a release as the package index has it: a source archive (vllm-0.11.0.tar.gz), or a wheel where there is none.
Releases that the file already has are read anew. The doctor compares the prefixes of a log (`[core.py:708]`) and the frames
of a traceback with it, and so knows the release of a log that does not name it. Nothing of vLLM's code is kept but line
numbers, names and the first letters of messages ("!" before those of errors).
"""
import ast
import json
import os
import re
import sys
import tarfile
import zipfile
from collections import defaultdict

# Files whose messages a start-up or a server prints, and whose functions stand in its tracebacks.
LOGGED = re.compile(
    r'vllm/(?:[a-z_]+\.py|config/\w+\.py|platforms/\w+\.py|engine/.*|executor/.*|worker/.*|core/.*|usage/.*|compilation/.*'
    r'|attention/.*|distributed/(?!kv_transfer|ec_transfer|eplb|weight_transfer)[\w/]+\.py|entrypoints/(?:\w+\.py|openai/\w+\.py|cli/\w+\.py|serve/\w+\.py)'
    r'|model_executor/(?:\w+\.py|model_loader/.*|layers/(?:fused_moe/.*|quantization/\w+\.py|\w+\.py)|models/(?:registry|utils|config)\.py|warmup/.*)'
    r'|multimodal/.*|lora/\w+\.py|transformers_utils/\w+\.py|spec_decode/\w+\.py|v1/(?!metrics/|kv_offload/|worker/tpu|attention/ops)[\w/]+\.py|utils/\w+\.py|model_inspection\.py)$'
)
TRACED = re.compile(
    r'vllm/(?:engine/(?:llm_engine|async_llm_engine|multiprocessing/engine)\.py|entrypoints/llm\.py|entrypoints/openai/api_server\.py'
    r'|executor/(?:\w+)\.py|worker/(?:worker|model_runner|worker_base|cache_engine|enc_dec_model_runner)\.py'
    r'|v1/engine/(?:core|core_client|async_llm|llm_engine|utils)\.py|v1/executor/\w+\.py'
    r'|v1/worker/(?:gpu_worker|gpu_model_runner|worker_base)\.py|v1/worker/gpu/model_runner\.py|v1/core/kv_cache_utils\.py'
    r'|model_executor/model_loader/(?:loader|base_loader|default_loader|weight_utils|utils|__init__)\.py|model_executor/custom_op\.py'
    r'|model_executor/layers/(?:linear|vocab_parallel_embedding|logits_processor|activation|layernorm|sampler)\.py'
    r'|model_executor/layers/fused_moe/(?:layer|fused_moe|modular_kernel)\.py|attention/layer\.py|compilation/(?:decorators|backends|cuda_graph)\.py'
    r'|distributed/(?:parallel_state|communication_op)\.py|multimodal/(?:profiling|processing|registry)\.py'
    r'|(?:config|engine/arg_utils|engine/metrics|entrypoints/launcher|entrypoints/cli/serve|entrypoints/openai/serving_chat|entrypoints/openai/serving_completion)\.py)$'
)
OTHER_DEVICES = re.compile(r'tpu|hpu|neuron|xpu|openvino|habana')
METHODS = {'info', 'warning', 'info_once', 'warning_once', 'warn'}
ERRORS = {'error', 'exception', 'critical', 'error_once'}
FUNCTIONS = {'print_warning_once', 'print_info_once'}
KEY = 8
SHORT = 3


def order(version):
    numbers, post = re.match(r'(\d+(?:\.\d+)*)(?:\.post(\d+))?$', version).groups()
    return [int(n) for n in numbers.split('.')], int(post or -1)


def literal(node):
    """First letters of a message, up to its first value; empty when it begins with one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.split(r'%[\d.]*[a-z]|\{', node.value)[0]
    if isinstance(node, ast.JoinedStr) and node.values:
        first = node.values[0]
        return first.value if isinstance(first, ast.Constant) else ''
    if isinstance(node, ast.BinOp):
        return literal(node.left)
    return ''


def read(source):
    """(line, key) of the logging calls, (name, first line, last line) of the functions of a module."""
    logs, functions = [], []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = node.func
            named = isinstance(called, ast.Name) and called.id in FUNCTIONS
            method = isinstance(called, ast.Attribute) and called.attr in METHODS | ERRORS and 'log' in ast.unparse(called.value).lower()
            if (named or method) and node.args:
                text = literal(node.args[0]).split('\n')[0]
                level = '!' if method and called.attr in ERRORS else ''
                logs.append((node.lineno, level + (text[:KEY] if len(text) >= 4 else '')))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            # Short ones only hand on: the frames around them tell as much.
            if node.end_lineno - node.lineno >= SHORT:
                functions.append((node.name, node.lineno, node.end_lineno))
    return logs, functions


def modules(archive):
    """(path, source) of the Python files of a release."""
    if archive.endswith('.whl'):
        with zipfile.ZipFile(archive) as wheel:
            for name in wheel.namelist():
                if name.endswith('.py'):
                    yield name, wheel.read(name)
        return
    with tarfile.open(archive) as sources:
        for member in sources:
            if member.name.endswith('.py'):
                yield member.name.split('/', 1)[-1], sources.extractfile(member).read()


def runs(numbers, releases):
    """`3:708,731;5:710`: from the fourth release on lines 708 and 731, from the sixth on line 710."""
    told, last = [], ''
    for at, release in enumerate(releases):
        now = ','.join(numbers.get(release, ()))
        if now != last:
            told.append(f'{at}:{now}')
            last = now
    return ';'.join(told)


def by_release(told, releases):
    """The inverse of `runs`."""
    found = {}
    changes = [change.split(':') for change in told.split(';')]
    for (at, lines), (end, _) in zip(changes, changes[1:] + [(len(releases), '')]):
        if lines:
            found.update({release: lines.split(',') for release in releases[int(at):int(end)]})
    return found


def known(path):
    """What the file holds, as (releases, tables of name -> key -> release -> numbers); empty where there is none yet."""
    old = json.load(open(path)) if os.path.exists(path) else {'releases': [], 'logs': {}, 'functions': {}}
    tables = []
    for name in ('logs', 'functions'):
        table = defaultdict(lambda: defaultdict(dict))
        for file, keys in old[name].items():
            for key, told in keys.items():
                table[file][key] = by_release(told, old['releases'])
        tables.append(table)
    return set(old['releases']), *tables


def forget(table, release):
    for keys in table.values():
        for numbers in keys.values():
            numbers.pop(release, None)


def main(path, archives):
    releases, logs, functions = known(path)
    for archive in archives:
        named = re.match(r'vllm-([\d.]+?(?:\.post\d+)?)(?:-|\.tar)', os.path.basename(archive))
        if not named:
            sys.exit(f'{archive}: no archive of a final release (vllm-0.11.0.tar.gz)')
        release = named.group(1)
        releases.add(release)
        forget(logs, release)
        forget(functions, release)
        for module, source in modules(archive):
            if OTHER_DEVICES.search(module) or not (LOGGED.match(module) or TRACED.match(module)):
                continue
            found, defined = read(source.decode())
            for line, key in sorted(found):
                logs[os.path.basename(module)][key].setdefault(release, []).append(str(line))
            if TRACED.match(module):
                for name, first, last in sorted(defined, key=lambda f: f[1]):
                    functions[module[5:]][name].setdefault(release, []).append(f'{first}+{last - first}')
        print(release, file=sys.stderr)
    ordered = sorted(releases, key=order)
    told = lambda table: {
        file: {key: runs(numbers, ordered) for key, numbers in sorted(keys.items()) if numbers}
        for file, keys in sorted(table.items())
        if any(keys.values())
    }
    with open(path, 'w') as out:
        json.dump({'releases': ordered, 'logs': told(logs), 'functions': told(functions)}, out, indent=0)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2:])
