// SPDX-License-Identifier: MIT
// node run.mjs RP2040JS NETWORK [--noise good|stuck] [--mhz N] [--flash FILE] UF2...
//
// Runs the firmware in rp2040js (a folder with the package) with a W5500 beside it. NETWORK is the Unix
// socket of QEMU's `-netdev stream`: frames, each after its length as 32 bits. The console goes to
// standard output, standard input to it; FILE gets the flash at the end. Ends with the board's program: its exit code, or 99 when the
// program faulted, 98 when the network went away. The guest's time is that of its cycles, and is never
// before real time; where the program waits, it passes with real time.
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { installRom } from './rom.mjs';
import { W5500 } from './w5500.mjs';

const FLASH = 0x10000000, CS = 17, RST = 20, INT = 21, ROSC = 0x40060;
const CHUNK = 200000; // instructions between two looks at the network
const AHEAD_MS = 2;

const words = process.argv.slice(2);
const option = (name, otherwise) => {
  const at = words.indexOf(`--${name}`);
  return at < 0 ? otherwise : words.splice(at, 2)[1];
};
const flashFile = option('flash', null);
const noise = option('noise', 'good'), nanos = 1000 / Number(option('mhz', '125'));
const [folder, socketPath, ...images] = words;
const { RP2040, ConsoleLogger, LogLevel } =
  await import(pathToFileURL(path.join(folder, 'dist/esm/index.js')));

function loadUf2(flash, file) {
  const image = readFileSync(file);
  for (let at = 0; at < image.length; at += 512) {
    const address = image.readUInt32LE(at + 12), length = image.readUInt32LE(at + 16);
    if (image.readUInt32LE(at) !== 0x0a324655 || image.readUInt32LE(at + 508) !== 0x0ab16f30 ||
        image.readUInt32LE(at + 28) !== 0xe48bff56 || address < FLASH || length !== 256) {
      throw new Error(`${file}: block ${at / 512} is none for an RP2040`);
    }
    flash.set(image.subarray(at + 32, at + 32 + length), address - FLASH);
  }
}

// The ring oscillator, of which rp2040js has none.
class Rosc {
  constructor() { this.bits = []; }
  readUint32(offset) {
    if (offset === 0x18) return 0x80001000; // stable, enabled
    if (offset !== 0x1c) return 0;
    if (noise === 'stuck') return 1;
    if (this.bits.length === 0) this.bits = [...randomBytes(512)].flatMap((b) => [...Array(8).keys()].map((i) => b >> i & 1));
    return this.bits.pop();
  }
  writeUint32Atomic() {}
}

function connect() {
  const socket = net.connect(socketPath);
  let rest = Buffer.alloc(0);
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      chip.receive(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
  });
  socket.on('error', () => process.exit(98));
  socket.on('close', () => process.exit(98));
  return socket;
}

function toNetwork(frame) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(frame.length);
  socket.write(Buffer.concat([length, frame]));
}

const rp2040 = new RP2040();
rp2040.logger = new ConsoleLogger(LogLevel.Error);
images.forEach((file) => loadUf2(rp2040.flash, file));
installRom(rp2040);
rp2040.peripherals[ROSC] = new Rosc();
const chip = new W5500(toNetwork, (on) => rp2040.gpio[INT].setInputValue(!on));
const socket = connect();

rp2040.gpio[CS].addListener((state) => chip.select(state === 0));
rp2040.gpio[RST].addListener((state) => { if (state === 0) chip.reset(); });
rp2040.spi[0].onTransmit = (byte) => rp2040.spi[0].completeTransmit(chip.transfer(byte));

let said = '';
rp2040.uart[0].onByte = (byte) => {
  process.stdout.write(Buffer.of(byte));
  said = byte === 10 ? '' : said + String.fromCharCode(byte);
  const ended = byte === 10 ? null : said.match(/: ended with (\d+) after \d+ ms$/);
  if (ended) finish(Number(ended[1]));
};
process.stdin.on('data', (text) => { for (const byte of text) rp2040.uart[0].feedByte(byte); });
process.stdin.unref?.();

let instructions = 0, over = false;
const began = performance.now();

function finish(code) {
  over = true;
  if (flashFile) writeFileSync(flashFile, rp2040.flash.subarray(0, 2 << 20));
  const real = (performance.now() - began) / 1000;
  process.stdout.write(`\nemulator: ${(instructions / 1e6).toFixed(1)} M instructions, guest ` +
    `${(rp2040.clock.nanos / 1e9).toFixed(2)} s, real ${real.toFixed(2)} s; frames ${chip.sent} sent, ` +
    `${chip.received} received, ${chip.dropped} dropped\n`, () => process.exit(code));
}

function run() {
  const { core, clock } = rp2040;
  let wait = 0;
  for (let i = 0; i < CHUNK && !over && wait <= 0; i++) {
    if (core.waiting) {
      clock.tick(Math.max(clock.nanosToNextAlarm, 1000));
      wait = clock.nanos / 1e6 - (performance.now() - began) - AHEAD_MS;
    } else {
      clock.tick(core.executeInstruction() * nanos);
      instructions++;
    }
  }
  if (over) return;
  if (wait > 0) setTimeout(run, wait);
  else setImmediate(run);
}

// As the boot ROM enters the second stage: on a stack in RAM, with nothing to return to.
rp2040.core.SP = 0x20041f00;
rp2040.core.LR = 0;
rp2040.core.PC = FLASH;
socket.on('connect', () => {
  try {
    run();
  } catch (error) {
    console.error(error);
    process.exit(99);
  }
});
process.on('uncaughtException', (error) => { console.error(error); process.exit(99); });
