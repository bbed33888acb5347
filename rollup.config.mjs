import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import nodeResolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import {slimPeerJS} from './build/slim-peerjs.mjs';

const peerjs = join(import.meta.dirname, 'node_modules/peerjs');
const {version} = JSON.parse(readFileSync(join(peerjs, 'package.json'), 'utf8'));
const license = 'peerjs.LICENSE.txt';
const banner = `/*! PeerJS ${version} in part; its license: ${license} */`;
const plugins = [
  {name: 'slim-peerjs', resolveId: (/** @type {string} */ id) => slimPeerJS[id]},
  nodeResolve({browser: true}),
];

export default [
  // PeerJS, in the place of the module that imports it: so it is slim for those too who bundle the modules themselves.
  {
    input: 'dist/transport/peerjs-library.js',
    output: {dir: 'dist', entryFileNames: 'transport/[name].js', format: 'es', sourcemap: true, banner},
    plugins: [
      ...plugins,
      {
        name: 'license',
        /** @this {import('rollup').PluginContext} */
        generateBundle() {
          this.emitFile({type: 'asset', fileName: license, source: readFileSync(join(peerjs, 'LICENSE'))});
        },
      },
    ],
  },
  // Everything in one file, for `<script type="module" src="peer-group.min.js">`.
  {
    input: 'dist/define.js',
    output: {file: 'dist/peer-group.min.js', format: 'es', inlineDynamicImports: true, sourcemap: true, banner},
    plugins: [...plugins, terser({module: true})],
  },
];
