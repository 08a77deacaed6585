"""Reads what a vLLM release knows from its own source, without importing it: flags of `vllm serve`, environment
variables, and digests of the functions that work out defaults. Prints JSON.

    python3 release_sources.py PATH     an sdist (.tar.gz), an unpacked one, or a site-packages folder

Covers releases whose flags come from dataclass fields (`get_kwargs`, 0.9.0 and later).
"""

import ast
import hashlib
import json
import pathlib
import re
import sys
import tarfile
import tempfile

# Where defaults are worked out: file below vllm/, class or "", function. A changed digest means: look at defaults.yaml.
WATCHED = [
    ("engine/arg_utils.py", "EngineArgs", "get_batch_defaults"),
    ("engine/arg_utils.py", "EngineArgs", "_set_default_max_num_seqs_and_batched_tokens_args"),
    ("engine/arg_utils.py", "EngineArgs", "_set_default_chunked_prefill_and_prefix_caching_args"),
    ("config/vllm.py", "VllmConfig", "use_v2_model_runner"),
    ("config/vllm.py", "VllmConfig", "_set_cudagraph_sizes"),
    ("v1/worker/gpu_worker.py", "Worker", "determine_available_memory"),
    ("v1/worker/utils.py", "", "request_memory"),
]

MISSING = object()


class Expression:
    """A value that is no literal; kept as its source."""

    def __init__(self, source):
        self.source = source


class Module:
    """A parsed source file: its assignments, classes, functions and imports."""

    def __init__(self, package, name, path):
        self.package, self.name = package, name
        tree = ast.parse(path.read_text(encoding="utf-8"))
        self.values, self.classes, self.functions, self.imports = {}, {}, {}, {}
        self.standins = set()
        self.read(tree.body)

    def read(self, body):
        for node in body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.values.setdefault(node.targets[0].id, node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                self.values.setdefault(node.target.id, node.value)
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = node
            elif isinstance(node, ast.FunctionDef):
                self.functions[node.name] = node
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    parts = self.name.split(".")
                    keep = len(parts) - node.level + (1 if self.package.is_package(self.name) else 0)
                    base = ".".join(parts[:keep] + ([node.module] if node.module else []))
                for alias in node.names:
                    self.imports.setdefault(alias.asname or alias.name, (base, alias.name))
            elif isinstance(node, (ast.If, ast.Try)):
                self.read(node.body)
                # What stands beside `if TYPE_CHECKING` are stand-ins (`QuantizationMethods = Any`).
                if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                    self.standins |= {ast.unparse(item.targets[0]) for item in node.orelse if isinstance(item, ast.Assign)}
                else:
                    self.read(node.orelse)


class Package:
    """The vllm package on disk; modules are parsed when first asked for."""

    def __init__(self, root):
        self.root, self.modules = root, {}

    def path(self, name):
        base = self.root.joinpath(*name.split(".")[1:])
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return path
        return None

    def is_package(self, name):
        path = self.path(name)
        return path is not None and path.name == "__init__.py"

    def module(self, name):
        if name not in self.modules:
            path = self.path(name) if name.split(".")[0] == "vllm" else None
            self.modules[name] = Module(self, name, path) if path else None
        return self.modules[name]

    def find(self, module, name, depth=0):
        """(module, node) of a name's definition, imports followed; (None, None) outside the package."""
        if module is None or depth > 8:
            return None, None
        if name in module.classes:
            return module, module.classes[name]
        if name in module.values:
            return module, module.values[name]
        if name in module.imports:
            source, original = module.imports[name]
            inner = self.module(f"{source}.{original}")
            if inner and not (self.module(source) and original in self.module(source).values):
                return inner, inner
            return self.find(self.module(source), original, depth + 1)
        return None, None


def literal(node, module, package):
    """The value of an expression, or Expression. Constants and class attributes are looked up."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        pass
    if isinstance(node, ast.Name):
        where, found = package.find(module, node.id)
        if isinstance(found, ast.expr):
            return literal(found, where, package)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        where, found = package.find(module, node.value.id)
        if isinstance(found, ast.ClassDef):
            for item in found.body:
                if isinstance(item, ast.AnnAssign) and getattr(item.target, "id", None) == node.attr:
                    return default_of(item.value, where, package, found)
                if isinstance(item, ast.Assign) and getattr(item.targets[0], "id", None) == node.attr:
                    return literal(item.value, where, package)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "get_args":
        hints = hints_of(node.args[0], module, package)
        return [choice for hint in hints if hint[0] == "Literal" for choice in hint[1]]
    if isinstance(node, ast.BinOp) and not any(isinstance(part, (ast.Name, ast.Call, ast.Pow, ast.Attribute)) for part in ast.walk(node)):
        # 394 * 1024 * 1024: only numbers and operators are left.
        return eval(compile(ast.Expression(node), "constant", "eval"), {"__builtins__": {}})
    source = ast.unparse(node).removeprefix("argparse.")
    return 0 if source == "int(ssl.CERT_NONE)" else Expression(source)


def choices_of(items, module, package):
    """Values of a Literal, whose members may be other Literals by name."""
    choices = []
    for item in items:
        where, found = package.find(module, item.id) if isinstance(item, ast.Name) else (None, None)
        if isinstance(found, ast.Subscript):
            choices += [choice for hint in hints_of(found, where, package) if hint[0] == "Literal" for choice in hint[1]]
        else:
            choices.append(literal(item, module, package))
    return choices


def default_of(node, module, package, owner):
    """Default of a dataclass field."""
    if node is None:
        return MISSING
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Field", "field"):
        words = {word.arg: word.value for word in node.keywords}
        if "default" in words:
            return default_of(words["default"], module, package, owner)
        if node.args:
            return default_of(node.args[0], module, package, owner)
        factory = words.get("default_factory")
        if isinstance(factory, ast.Lambda):
            return default_of(factory.body, module, package, owner)
        if isinstance(factory, ast.Name):
            empty = {"list": [], "dict": {}, "set": [], "tuple": []}
            where, found = package.find(module, factory.id)
            if isinstance(found, ast.ClassDef) and any(ast.unparse(base).startswith("dict") for base in found.bases):
                return {}
            return empty.get(factory.id, Expression(f"{factory.id}()"))
        return Expression(ast.unparse(node)) if factory else MISSING
    if isinstance(node, ast.Name):
        # A constant of the class itself.
        for item in owner.body:
            target = getattr(item, "target", None) or (getattr(item, "targets", None) or [None])[0]
            if getattr(target, "id", None) == node.id and getattr(item, "value", None) is not None:
                return literal(item.value, module, package)
    return literal(node, module, package)


def is_dataclass(node):
    names = [ast.unparse(d.func if isinstance(d, ast.Call) else d).split(".")[-1] for d in node.decorator_list]
    return any(name in ("dataclass", "config") for name in names)


def hints_of(node, module, package, depth=0):
    """Types of an annotation, unions flattened: ("int",), ("Literal", [...]), ("list", element), ("dataclass", name)."""
    if isinstance(node, ast.Constant):
        if node.value is None:
            return [("None",)]
        if isinstance(node.value, str):
            return hints_of(ast.parse(node.value, mode="eval").body, module, package, depth)
    if isinstance(node, ast.BinOp):
        return hints_of(node.left, module, package, depth) + hints_of(node.right, module, package, depth)
    if isinstance(node, ast.Subscript):
        base = ast.unparse(node.value).split(".")[-1]
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if base == "Optional":
            return hints_of(items[0], module, package, depth) + [("None",)]
        if base == "Union":
            return [hint for item in items for hint in hints_of(item, module, package, depth)]
        if base in ("Annotated", "SkipValidation", "InitVar"):
            return hints_of(items[0], module, package, depth)
        if base == "Literal":
            return [("Literal", choices_of(items, module, package))]
        if base in ("list", "List", "tuple", "Tuple", "set", "Set"):
            inner = hints_of(items[0], module, package, depth)
            many = base.lower() != "tuple" or any(getattr(item, "value", 0) is Ellipsis for item in items)
            return [("list", inner, "+" if many else str(len(items)))]
        if base in ("dict", "Dict", "Mapping"):
            return [("dict",)]
        return [("other", base)]
    name = ast.unparse(node).split(".")[-1]
    if name in ("int", "float", "bool", "str"):
        return [(name,)]
    if name in ("dict", "Dict", "Any"):
        return [("dict" if name != "Any" else "other", name)]
    where, found = package.find(module, name) if isinstance(node, ast.Name) else (None, None)
    if isinstance(found, ast.ClassDef):
        bases = [ast.unparse(base).split(".")[-1].split("[")[0] for base in found.bases]
        if is_dataclass(found) and name not in module.standins:
            return [("dataclass", name)]
        return [("dict",)] if "dict" in bases else [("other", name)]
    if isinstance(found, ast.expr) and depth < 6:
        return hints_of(found, where, package, depth + 1)
    return [("other", name)]


def fields_of(node, module, package):
    """Fields of a dataclass with those of its bases: name -> (annotation, default node, docstring, owner, module)."""
    fields = {}
    for base in node.bases:
        where, found = package.find(module, ast.unparse(base).split(".")[-1])
        if isinstance(found, ast.ClassDef):
            fields.update(fields_of(found, where, package))
    for index, item in enumerate(node.body):
        if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
            continue
        if ast.unparse(item.annotation).startswith(("ClassVar", "InitVar")):
            continue
        after = node.body[index + 1] if index + 1 < len(node.body) else None
        doc = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
        fields[item.target.id] = (item.annotation, item.value, doc if isinstance(doc, str) else "", node, module)
    return fields


def scalar_type(hints):
    kinds = {hint[0] for hint in hints}
    if "Literal" in kinds:
        choice = next(hint for hint in hints if hint[0] == "Literal")[1]
        return type(choice[0]).__name__
    return next((kind for kind in ("str", "int", "float") if kind in kinds), "str")


def kwargs_of(node, module, package, human):
    """What `get_kwargs(Config)` gives for argparse, field by field."""
    result = {}
    for name, (annotation, value, doc, owner, where) in fields_of(node, module, package).items():
        hints = hints_of(annotation, where, package)
        kinds = {hint[0] for hint in hints}
        entry = {"default": default_of(value, where, package, owner), "help": doc}
        data = next((hint for hint in hints if hint[0] == "dataclass"), None)
        if data:
            entry["type"] = f"json:{data[1]}"
        elif kinds == {"bool", "str", "None"}:
            entry.update(type="str", nargs="?")
        elif "bool" in kinds:
            entry["action"] = "BooleanOptionalAction"
        elif "Literal" in kinds:
            choices = [choice for hint in hints if hint[0] == "Literal" for choice in hint[1]]
            entry["type"] = type(choices[0]).__name__
            entry["suggested" if "str" in kinds else "choices"] = choices
        elif "list" in kinds:
            _, inner, nargs = next(hint for hint in hints if hint[0] == "list")
            entry.update(type=scalar_type(inner), nargs=nargs)
            choices = next((hint[1] for hint in inner if hint[0] == "Literal"), None)
            if choices:
                entry["choices"] = choices
        elif "int" in kinds:
            special = "int(human|auto)" if name == "max_model_len" and human["auto"] else "int(human)"
            entry["type"] = special if name in human["names"] else "int"
        elif "float" in kinds:
            entry["type"] = "float"
        elif "dict" in kinds:
            entry["type"] = "json"
        else:
            entry["type"] = "str"
        result[name] = entry
    return result


class Reader:
    """Follows the statements of an `add_cli_args` function and collects the flags that it adds."""

    def __init__(self, package, human, inverses):
        self.package, self.human, self.inverses = package, human, inverses
        self.flags = {}

    def dictionary(self, node, module, names):
        """A dict of argparse keywords: `X_kwargs["a"]`, `{**X_kwargs["a"], "default": None}`, a local name."""
        if isinstance(node, ast.Name):
            return names.get(node.id)
        if isinstance(node, ast.Subscript):
            base = self.dictionary(node.value, module, names)
            key = literal(node.slice, module, self.package)
            return base.get(key) if isinstance(base, dict) and isinstance(key, str) else None
        if isinstance(node, ast.Dict):
            merged = {}
            for key, value in zip(node.keys, node.values):
                if key is None:
                    merged.update(self.dictionary(value, module, names) or {})
                else:
                    merged[literal(key, module, self.package)] = self.keyword(value, module)
            return merged
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("get_kwargs", "_compute_kwargs"):
            where, found = self.package.find(module, ast.unparse(node.args[0]))
            return kwargs_of(found, where, self.package, self.human) if isinstance(found, ast.ClassDef) else {}
        return None

    def keyword(self, node, module):
        if isinstance(node, ast.Lambda):
            return "str"
        text = ast.unparse(node)
        if "json.loads" in text:
            return "json"
        if re.fullmatch(r"(?:optional_type\()?(int|float|str|human_readable_int(?:_or_auto)?)\)?", text):
            word = re.search(r"int_or_auto|readable_int|int|float|str", text).group()
            return {"int_or_auto": "int(human|auto)", "readable_int": "int(human)"}.get(word, word)
        value = literal(node, module, self.package)
        # type=parse_something: a function that reads text.
        return "str" if isinstance(value, Expression) and isinstance(node, ast.Name) and node.id in module.functions else value

    def run(self, body, module, names, group):
        for node in body:
            if isinstance(node, ast.If):
                self.run(node.body, module, names, group)
                self.run(node.orelse, module, names, group)
            elif isinstance(node, (ast.With, ast.Try)):
                self.run(node.body, module, names, group)
            elif isinstance(node, ast.Assign):
                target = node.targets[0]
                if isinstance(target, ast.Name):
                    value = self.dictionary(node.value, module, names)
                    if value is not None:
                        names[target.id] = value
                elif isinstance(target, ast.Subscript):
                    base = self.dictionary(target.value, module, names)
                    if isinstance(base, dict):
                        base[literal(target.slice, module, self.package)] = self.keyword(node.value, module)
            elif isinstance(node, ast.Delete) and isinstance(node.targets[0], ast.Subscript):
                base = self.dictionary(node.targets[0].value, module, names)
                if isinstance(base, dict):
                    base.pop(literal(node.targets[0].slice, module, self.package), None)
            elif isinstance(node, ast.For):
                # for key, value in frontend_kwargs.items(): group.add_argument(f"--{key…}", **value)
                call = node.iter if isinstance(node.iter, ast.Call) else None
                table = self.dictionary(call.func.value, module, names) if call and getattr(call.func, "attr", "") == "items" else None
                for key, value in (table or {}).items():
                    self.add([f"--{key.replace('_', '-')}"], value, group)
            elif isinstance(node, (ast.Expr, ast.Return)) and isinstance(node.value, ast.Call):
                call = node.value
                if getattr(call.func, "attr", "") == "add_argument":
                    flags = [literal(arg, module, self.package) for arg in call.args]
                    words = {}
                    for word in call.keywords:
                        if word.arg is None:
                            words.update(self.dictionary(word.value, module, names) or {})
                        else:
                            words[word.arg] = self.keyword(word.value, module)
                    self.add([flag for flag in flags if isinstance(flag, str)], words, group)

    def add(self, names, words, group):
        long = [name for name in names if name.startswith("--")]
        if not long or "SUPPRESS" in str(getattr(words.get("help"), "source", "")):
            return
        name = long[0][2:].replace("_", "-")
        entry = {"group": group}
        aliases = [alias for alias in names if alias != long[0]]
        if aliases:
            entry["aliases"] = aliases
        action = words.get("action", "")
        action = action.source.split(".")[-1] if isinstance(action, Expression) else action
        default = words.get("default", None)
        if action in ("store_true", "store_false", "BooleanOptionalAction"):
            entry["type"] = "flag"
            if default in (None, MISSING) and action != "BooleanOptionalAction":
                default = action == "store_false"
            if action == "BooleanOptionalAction":
                entry["no"] = True
                match = re.match(r"(enable|disable)-(.+)", name)
                if match and self.inverses:
                    entry["inverse"] = f"{'disable' if match[1] == 'enable' else 'enable'}-{match[2]}"
        else:
            kind = words.get("type", "str")
            entry["type"] = kind.source if isinstance(kind, Expression) else kind
            if action == "append":
                entry["type"] += "(append)"
        if isinstance(default, Expression):
            entry["default"] = {"expr": default.source}
        elif default is not MISSING and default is not None:
            entry["default"] = sorted(default) if isinstance(default, (set, frozenset)) else default
        nargs = words.get("nargs")
        if isinstance(nargs, (str, int)):
            entry["nargs"] = str(nargs)
        for key in ("choices", "suggested"):
            choices = words.get(key)
            if isinstance(choices, (list, tuple, set)) and all(isinstance(c, (str, int, type(None))) for c in choices):
                entry["restricted" if key == "choices" else "suggested"] = True
                entry["values"] = sorted({str(choice) for choice in choices if choice is not None})
        text = words.get("help")
        text = text if isinstance(text, str) else ""
        if words.get("deprecated") is True or re.search(r"\bis deprecated\b|\bDEPRECATED\b|\[Deprecated\]|^\s*Deprecated", text, re.M):
            entry["deprecated"] = True
        self.flags[name] = entry


def human_readable(module):
    """Names that arg_utils reads as `32K`, and whether max_model_len may be "auto"."""
    source = ast.unparse(ast.Module(body=[module.functions[name] for name in module.functions], type_ignores=[]))
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "human_readable_int_args":
            names = set(ast.literal_eval(node.value))
    for name in re.findall(r"name == '(\w+)'", source):
        names.add(name)
    return {"names": names | {"max_model_len"}, "auto": "human_readable_int_or_auto" in source}


def read_flags(package):
    engine = package.module("vllm.engine.arg_utils")
    parser = next((package.module(n) for n in ("vllm.utils.argparse_utils",) if package.path(n)), None)
    reader = Reader(package, human_readable(engine), bool(parser and "EnableDisableAction" in parser.classes))
    for name, group in (("EngineArgs", "engine"), ("AsyncEngineArgs", "async")):
        method = next(m for m in engine.classes[name].body if getattr(m, "name", "") == "add_cli_args")
        reader.run(method.body, engine, {}, group)
    frontend = next(
        (package.module(name) for name in ("vllm.entrypoints.common.cli_args", "vllm.entrypoints.launchers.cli_args", "vllm.entrypoints.openai.cli_args") if package.path(name)),
        None,
    )
    if frontend is None:
        raise SystemExit("the server's flags (class FrontendArgs) were not found: look where cli_args.py went")
    server = frontend.classes["FrontendArgs"]
    names = {"frontend_kwargs": kwargs_of(server, frontend, package, reader.human)}
    for owner in [frontend.classes.get("BaseFrontendArgs"), server]:
        for method in owner.body if owner else []:
            if getattr(method, "name", "") == "_customize_cli_kwargs":
                reader.run(method.body, frontend, names, "server")
    adders = [m for o in (frontend.classes.get("BaseFrontendArgs"), server) if o for m in o.body if getattr(m, "name", "") == "add_cli_args"]
    body = [n for n in adders[-1].body if not (isinstance(n, ast.Assign) and "get_kwargs" in ast.unparse(n))] if adders else []
    reader.run(body, frontend, names, "server")
    reader.run(frontend.functions["make_arg_parser"].body, frontend, {}, "server")
    serve = package.module("vllm.entrypoints.cli.serve")
    for owner in serve.classes.values() if serve else []:
        for method in owner.body:
            if getattr(method, "name", "") == "subparser_init":
                reader.run(method.body, serve, {}, "server")
    return reader.flags


def read_environment(package):
    module = package.module("vllm.envs")
    tree = ast.parse(package.path("vllm.envs").read_text(encoding="utf-8"))
    documented = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for item in node.body:
                if isinstance(item, ast.AnnAssign):
                    value = literal(item.value, module, package) if item.value else None
                    documented[item.target.id] = {"expr": value.source} if isinstance(value, Expression) else value
    table = module.values.get("environment_variables")
    entries = zip(table.keys, table.values) if isinstance(table, ast.Dict) else []
    read = {key.value: fallback(value, key.value, module, package) for key, value in entries if isinstance(key, ast.Constant)}
    return {name: documented.get(name, read.get(name)) for name in sorted({*read, *documented})}


def fallback(node, name, module, package):
    """The second argument of `os.getenv(name, "…")` in a reading function."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and len(call.args) > 1 and getattr(call.args[0], "value", None) == name:
            value = literal(call.args[1], module, package)
            return None if isinstance(value, Expression) else value
    return None


def read_digests(package):
    digests = {}
    for file, owner, name in WATCHED:
        module = package.module("vllm." + file[:-3].replace("/", "."))
        scope = (module.classes[owner].body if owner in module.classes else []) if module and owner else list(module.functions.values()) if module else []
        found = next((node for node in scope if getattr(node, "name", "") == name), None)
        key = f"vllm/{file} {owner + '.' if owner else ''}{name}"
        digests[key] = hashlib.sha256(ast.unparse(found).encode()).hexdigest()[:16] if found else None
    return digests


def version_of(root):
    """From PKG-INFO of an sdist, METADATA of an installed one, or vllm/_version.py."""
    infos = [root.parent / "PKG-INFO", *sorted(root.parent.glob("vllm*.dist-info/METADATA"))]
    for info in infos:
        if info.is_file():
            match = re.search(r"^Version: (\S+)", info.read_text(encoding="utf-8", errors="replace"), re.M)
            if match:
                return match[1].split("+")[0]
    file = root / "_version.py"
    match = re.search(r"^(?:__version__ = )?version = ['\"]([^'\"]+)", file.read_text(), re.M) if file.is_file() else None
    if not match:
        raise SystemExit("no version was found: PKG-INFO, dist-info or vllm/_version.py is needed")
    return match[1].split("+")[0]


def package_root(path):
    for candidate in (path, path / "vllm", *sorted(path.glob("*/vllm"))):
        if (candidate / "engine" / "arg_utils.py").is_file():
            return candidate
    raise SystemExit(f"{path}: no vllm/engine/arg_utils.py in it")


def read(path):
    root = package_root(path)
    package = Package(root)
    return {
        "version": version_of(root),
        "flags": read_flags(package),
        "env": read_environment(package),
        "digests": read_digests(package),
    }


def main():
    path = pathlib.Path(sys.argv[1])
    if not path.exists():
        raise SystemExit(f"{path} does not exist")
    if path.is_dir():
        print(json.dumps(read(path), default=sorted))
        return
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(path) as archive:
            # Only sources, and nothing that would leave the folder.
            members = [
                m for m in archive.getmembers()
                if m.isfile() and (m.name.endswith(".py") or m.name.endswith("PKG-INFO")) and ".." not in m.name and not m.name.startswith("/")
            ]
            archive.extractall(folder, members=members)
        print(json.dumps(read(pathlib.Path(folder)), default=sorted))


if __name__ == "__main__":
    main()
