/** In the manifest a module is what the package has, not what it is made from. @param {string} path */
const published = path => path.replace(/^\/?src\/(.*)\.[jt]s$/, 'dist/$1.js');

/** Whether users may touch it. As an attribute, `password` is a mistake that the element undoes. @param {any} item */
const isForUsers = ({privacy = 'public', kind, name}) =>
  privacy === 'public' && name !== 'connectedMoveCallback' && !(name === 'password' && kind === undefined);

/** Without what is not for users, and with published paths. @param {unknown} node @returns {unknown} */
function forUsers(node) {
  if (Array.isArray(node)) return node.filter(isForUsers).map(forUsers);
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
