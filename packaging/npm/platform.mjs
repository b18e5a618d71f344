// Makes the package of one platform: `node platform.mjs PLATFORM PROGRAM OUT`, as in `node platform.mjs linux-x64 dockcheck out`.
// The Linux programs are the static ones, so one package serves every libc.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [platform, program, out] = process.argv.slice(2);
const main = JSON.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), "dockcheck", "package.json"), "utf8"));
const name = `@dockcheck/${platform}`;
if (!out || !(name in main.optionalDependencies)) {
  console.error("usage: node platform.mjs PLATFORM PROGRAM OUT");
  process.exit(2);
}
const [os, cpu] = platform.split("-");
mkdirSync(join(out, "bin"), { recursive: true });
const file = `bin/dockcheck${os === "win32" ? ".exe" : ""}`;
copyFileSync(program, join(out, file));
chmodSync(join(out, file), 0o755);
const { version, license, homepage } = main;
const description = `The program of dockcheck for ${platform}`;
const manifest = { name, version, description, license, homepage, os: [os], cpu: [cpu], files: ["bin"], preferUnplugged: true };
writeFileSync(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
