import {join} from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';

const plugins = [nodeResolve({browser: true}), commonjs(), terser({module: true})];
const common = {format: 'es', inlineDynamicImports: true, sourcemap: true};

/** What only pages with a password load. It stands beside the file below. */
const password = 'peer-group.password.min.js';

export default [
  // Everything else in one file, for `<script type="module" src="peer-group.min.js">`.
  {
    input: 'dist/define.js',
    external: [join(import.meta.dirname, 'dist/cpace.js')],
    output: {
      ...common,
      file: 'dist/peer-group.min.js',
      paths: (/** @type {string} */ id) => (id.endsWith('cpace.js') ? `./${password}` : id),
    },
    plugins,
  },
  {
    input: 'dist/cpace.js',
    output: {
      ...common,
      file: `dist/${password}`,
      banner: '/*! noble-curves and noble-hashes: MIT License (c) 2022 Paul Miller (paulmillr.com) */',
    },
    plugins,
  },
];
