/** Whether npm has installed what package-lock.json says, judged by npm's own account of what it installed: pure. */

/** A link has no version of its own; some versions of npm write the version of what it points to, others do not. */
const sameModule = (wanted, there) => {
  if (there === undefined) return wanted.optional === true;
  if (wanted.link === true) return there.link === true && there.resolved === wanted.resolved;
  return there.version === wanted.version && there.integrity === wanted.integrity;
};

const isModule = (path) => path.startsWith("node_modules/");

/** Both are the `packages` of a lock file by path, or null where there is no such file. */
export function modulesMatch(wanted, there) {
  if (wanted === null || there === null) return false;
  const complete = Object.keys(wanted)
    .filter(isModule)
    .every((path) => sameModule(wanted[path], there[path]));
  return (
    complete &&
    Object.keys(there)
      .filter(isModule)
      .every((path) => wanted[path] !== undefined)
  );
}
