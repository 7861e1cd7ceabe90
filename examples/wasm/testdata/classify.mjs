// node classify.mjs WASM_EXEC MAIN_WASM MODEL prints the scores of a black image
// with a diagonal cross, and the error of a wrong shape.
import fs from "node:fs";

const [wasmExec, mainWasm, model] = process.argv.slice(2);
await import(wasmExec);
const go = new Go();
const { instance } = await WebAssembly.instantiate(fs.readFileSync(mainWasm), go.importObject);
go.run(instance);
console.log(JSON.stringify(kerasgo.run(new Float32Array(1), 1)));
console.log(JSON.stringify(kerasgo.load(new Uint8Array([1, 2, 3]))));
console.log(JSON.stringify(kerasgo.load(new Uint8Array(fs.readFileSync(model)))));
const image = new Float32Array(24 * 24);
for (let i = 5; i < 19; i++) {
  for (const x of [i, i + 1]) {
    image[24 * i + x] = image[24 * i + 24 - x] = 220;
  }
}
const { values } = kerasgo.run(image, 1, 24, 24, 1);
console.log(JSON.stringify(Array.from(values, v => Math.round(100 * v))));
console.log(JSON.stringify(kerasgo.run(image, 1, 12, 48, 1)));
process.exit(0);
