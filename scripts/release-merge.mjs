// Merges what one release knows into knowledge/releases, as spans: `0.9.0-` holds up to the newest release, so a new
// release touches only what it changed. Pure; used by release-add.mjs.

const numbers = version => version.split('.').map(Number);
const compare = (a, b) => {
  const [x, y] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(x.length, y.length); i++)
    if ((x[i] ?? 0) !== (y[i] ?? 0)) return (x[i] ?? 0) - (y[i] ?? 0);
  return 0;
};
const contains = (range, version) =>
  range.split(',').some(part => {
    const [from, to] = part.split('-');
    return compare(from, version) <= 0 && (to === '' || compare(version, to ?? from) <= 0);
  });
const isOpen = range => range.endsWith('-');
const closed = (range, last) => (isOpen(range) ? `${range}${last}` : range);
/** The range with `version`, the newest, added. `last` is the release before it. */
const extended = (range, version) =>
  range === undefined ? `${version}-` : isOpen(range) ? range : `${range},${version}-`;

const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const sorted = value =>
  value && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(
        Object.keys(value)
          .sort()
          .map(key => [key, sorted(value[key])]),
      )
    : value;

/** What a span of flags.json holds of a flag as it was read. */
const SPAN_KEYS = ['type', 'default', 'nargs', 'no', 'inverse', 'deprecated', 'restricted', 'suggested'];
const spanOf = flag => Object.fromEntries(SPAN_KEYS.filter(key => key in flag).map(key => [key, flag[key]]));
const openKey = table => Object.keys(table ?? {}).find(isOpen);
const keyAt = (table, version) => Object.keys(table ?? {}).find(range => contains(range, version));
const aliasKey = alias => (alias.startsWith('--') ? alias.slice(2) : alias);

/** Ranges of a set (values, aliases) after a release that has exactly `now`. */
const mergeRanges = (ranges, now, version, last) => {
  const merged = {};
  for (const [name, range] of Object.entries(ranges ?? {}))
    merged[name] = now.includes(name) ? range : closed(range, last);
  for (const name of now) merged[name] = extended(merged[name], version);
  return Object.fromEntries(Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)));
};

const describe = span => {
  const { type, default: value, ...rest } = span;
  return `${type}, default ${JSON.stringify(value ?? null)}${Object.keys(rest).length ? `, ${Object.keys(rest).join(' ')}` : ''}`;
};

/** Differences between two sets of names, as report lines. */
const setLines = (what, before, after) => [
  ...after.filter(name => !before.includes(name)).map(name => `  + ${what} ${name}`),
  ...before.filter(name => !after.includes(name)).map(name => `  - ${what} ${name}`),
];

const digestLines = (watched, source) =>
  Object.entries(source.digests).flatMap(([name, digest]) =>
    digest === null
      ? [`  ? ${name} was not found: where did it go?`]
      : watched.digests[name] !== digest
        ? [`  ! ${name} changed: look at knowledge/releases/defaults.yaml`]
        : [],
  );

/** The release is added; returns the report and the changed knowledge, or a refusal. */
export const addRelease = (knowledge, source) => {
  const { version } = source;
  const last = knowledge.flags.releases.at(-1);
  if (!/^\d+(?:\.\d+){1,3}$/.test(version))
    return { refused: true, lines: [`${version} is no final release: only final releases are added.`] };
  if (compare(version, last) <= 0)
    return { refused: true, lines: [`${version} is older than ${last}: only the next release can be added.`] };
  const lines = [`${version} against ${last}`];
  const flags = structuredClone(knowledge.flags);
  flags.releases.push(version);
  const names = new Set([...Object.keys(flags.flags), ...Object.keys(source.flags)]);
  for (const name of [...names].sort()) {
    const known = flags.flags[name];
    const now = source.flags[name];
    const open = openKey(known?.spans);
    if (!now) {
      if (!open) continue;
      lines.push(`  - --${name}`);
      close(known, last);
      continue;
    }
    const span = spanOf(now);
    const entry = known ?? { group: now.group, spans: {} };
    if (!open) lines.push(`  + --${name} (${describe(span)})${known ? ' is back' : ''}`);
    else if (!same(entry.spans[open], span))
      lines.push(`  ~ --${name}: ${describe(entry.spans[open])} -> ${describe(span)}`);
    if (!open || !same(entry.spans[open], span)) {
      if (open) entry.spans = rename(entry.spans, open, closed(open, last));
      entry.spans[`${version}-`] = span;
    }
    for (const [key, current] of [
      ['values', now.values ?? []],
      ['aliases', (now.aliases ?? []).map(aliasKey)],
    ]) {
      const before = Object.keys(entry[key] ?? {}).filter(item => isOpen(entry[key][item]));
      lines.push(...setLines(`${key === 'values' ? 'value' : 'alias'} of --${name}:`, before, current));
      if (entry[key] || current.length) entry[key] = mergeRanges(entry[key], current, version, last);
    }
    flags.flags[name] = entry;
  }
  flags.flags = Object.fromEntries(Object.entries(flags.flags).sort(([a], [b]) => (a < b ? -1 : 1)));
  const env = mergeEnvironment(knowledge.env, source, last, lines);
  lines.push(...digestLines(knowledge.watched, source));
  if (lines.length === 1) lines.push('  nothing changed');
  return { lines, changed: { flags, env, watched: { release: version, digests: source.digests } } };
};

const rename = (table, from, to) =>
  Object.fromEntries(Object.entries(table).map(([key, value]) => [key === from ? to : key, value]));

const close = (flag, last) => {
  const open = openKey(flag.spans);
  flag.spans = rename(flag.spans, open, closed(open, last));
  for (const key of ['values', 'aliases', 'deprecatedValues'])
    if (flag[key]) flag[key] = mergeRanges(flag[key], [], last, last);
};

const mergeEnvironment = (known, source, last, lines) => {
  const env = structuredClone(known);
  for (const name of [...new Set([...Object.keys(env), ...Object.keys(source.env)])].sort()) {
    const open = openKey(env[name]);
    if (!(name in source.env)) {
      if (!open) continue;
      lines.push(`  - ${name}`);
      env[name] = rename(env[name], open, closed(open, last));
    } else if (!open || !same(env[name][open], source.env[name])) {
      lines.push(
        open
          ? `  ~ ${name}: default ${JSON.stringify(env[name][open])} -> ${JSON.stringify(source.env[name])}`
          : `  + ${name}`,
      );
      if (open) env[name] = rename(env[name], open, closed(open, last));
      env[name] = { ...env[name], [`${source.version}-`]: source.env[name] };
    }
  }
  return Object.fromEntries(Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** What the knowledge says of a release it has, against the release's own source. Changes nothing. */
export const compareRelease = (knowledge, source) => {
  const { version } = source;
  const lines = [`${version}: knowledge against source`];
  const names = new Set([...Object.keys(knowledge.flags.flags), ...Object.keys(source.flags)]);
  for (const name of [...names].sort()) {
    const known = knowledge.flags.flags[name];
    const key = keyAt(known?.spans, version);
    const now = source.flags[name];
    if (!key && !now) continue;
    if (!key || !now) {
      lines.push(`  ${now ? '+' : '-'} --${name}`);
      continue;
    }
    if (!same(known.spans[key], spanOf(now)))
      lines.push(`  ~ --${name}: ${describe(known.spans[key])} -> ${describe(spanOf(now))}`);
    const at = table => Object.keys(table ?? {}).filter(item => contains(table[item], version));
    if (now.values) lines.push(...setLines(`value of --${name}:`, at(known.values), now.values));
    lines.push(...setLines(`alias of --${name}:`, at(known.aliases), (now.aliases ?? []).map(aliasKey)));
  }
  lines.push(
    ...setLines(
      'variable',
      Object.keys(knowledge.env).filter(name => keyAt(knowledge.env[name], version)),
      Object.keys(source.env),
    ),
  );
  if (lines.length === 1)
    lines.push(`  the same: ${Object.keys(source.flags).length} flags, ${Object.keys(source.env).length} variables`);
  return { lines };
};

/** JSON on one line, with the spaces that make it readable. */
const line = value => {
  if (Array.isArray(value)) return `[${value.map(line).join(', ')}]`;
  if (value && typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${line(item)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
};

/** The text of flags.json: a line for each span, so that a diff shows what a release changed. */
export const formatFlags = ({ releases, arguments: more, flags }) => {
  const entries = Object.entries(flags).map(([name, { spans, ...head }]) => {
    const rows = Object.entries(spans).map(([range, span]) => `      ${JSON.stringify(range)}: ${line(span)}`);
    return `    ${JSON.stringify(name)}: { ${line(head).slice(1, -1)}, "spans": {\n${rows.join(',\n')}\n    } }`;
  });
  return `{\n  "releases": ${line(releases)},\n  "arguments": ${line(more)},\n  "flags": {\n${entries.join(',\n')}\n  }\n}\n`;
};

export const formatEnvironment = env =>
  `{\n${Object.entries(env)
    .map(([name, table]) => `  ${JSON.stringify(name)}: ${line(table)}`)
    .join(',\n')}\n}\n`;
