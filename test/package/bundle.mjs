import {join} from 'node:path';
import {build} from 'esbuild';

const root = join(import.meta.dirname, '../..');

/**
 * What a bundler makes of the modules: a chunk for all that is loaded together. `entry` is the module, by its path in the
 * package, for which alone it is loaded, if there is one; `inputs` are all that are in it.
 */
export async function bundleModules() {
  const {outputFiles, metafile} = await build({
    entryPoints: [join(root, 'dist/define.js')],
    absWorkingDir: root,
    outdir: '/',
    bundle: true,
    splitting: true,
    format: 'esm',
    minify: true,
    legalComments: 'none',
    metafile: true,
    write: false,
  });
  return Object.entries(metafile.outputs).map(([path, {entryPoint, imports, inputs}], i) => {
    const contents = outputFiles[i]?.contents;
    if (contents === undefined) throw new Error(`no output ${path}`);
    return {path, contents, imports, inputs: Object.keys(inputs), entry: entryPoint};
  });
}
