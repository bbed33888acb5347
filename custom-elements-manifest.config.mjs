/** In the manifest a module is what the package has, not what it is made from. @param {string} path */
const published = path => path.replace(/^\/?src\/(.*)\.[jt]s$/, 'dist/$1.js');

/** Without what is private, and with published paths. @param {unknown} node @returns {unknown} */
function forUsers(node) {
  if (Array.isArray(node))
    return node.filter(({privacy}) => privacy === undefined || privacy === 'public').map(forUsers);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      const isPath = (key === 'path' || key === 'module') && typeof value === 'string';
      return [key, isPath ? published(value) : forUsers(value)];
    }),
  );
}

export default {
  globs: ['src/index.ts', 'src/define.ts', 'src/element/**/*.ts'],
  outdir: '.',
  litelement: true,
  packagejson: false,
  plugins: [
    {
      name: 'for-users',
      /** @param {{customElementsManifest: object}} context */
      packageLinkPhase: ({customElementsManifest}) =>
        void Object.assign(customElementsManifest, forUsers(customElementsManifest)),
    },
  ],
};
