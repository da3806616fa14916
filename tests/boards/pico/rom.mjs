// SPDX-License-Identifier: MIT
// A boot ROM for rp2040js in place of the chip's, which is not ours to carry: the table of functions
// that pico-sdk looks up (RP2040 data sheet, 2.8.3), each a breakpoint that is carried out here.
const TABLE = 0x100, CODE = 0x200;
const code = (text) => text.charCodeAt(0) | text.charCodeAt(1) << 8;
const FLASH_SECTOR = 4096;

function bytes(rp2040, address, length) {
  if (address < 0x20000000 || address + length > 0x20000000 + rp2040.sram.length) {
    throw new Error(`no RAM at ${address.toString(16)}, ${length} bytes`);
  }
  return rp2040.sram.subarray(address - 0x20000000, address - 0x20000000 + length);
}

function source(rp2040, address, length) {
  if (address >= 0x10000000 && address + length <= 0x10000000 + rp2040.flash.length) {
    return rp2040.flash.subarray(address - 0x10000000, address - 0x10000000 + length);
  }
  return bytes(rp2040, address, length);
}

// Flash as it is: an erase sets bits, programming clears some.
function erase(rp2040, [offset, length]) {
  if (offset % FLASH_SECTOR || length % FLASH_SECTOR) throw new Error('erase: no sector');
  rp2040.flash.fill(0xff, offset, offset + length);
}

function program(rp2040, [offset, from, length]) {
  const data = source(rp2040, from, length);
  for (let i = 0; i < length; i++) rp2040.flash[offset + i] &= data[i];
}

const reverse = (value) => {
  let out = 0;
  for (let i = 0; i < 32; i++) out |= (value >>> i & 1) << (31 - i);
  return out;
};
const ones = (value) => {
  let n = 0;
  for (; value; value = (value & value - 1) >>> 0) n++;
  return n;
};

// Arguments are r0 to r3; a number that is returned goes to r0.
const FUNCTIONS = {
  MS: (rp2040, [to, value, length]) => { bytes(rp2040, to, length).fill(value); },
  S4: (rp2040, [to, value, length]) => { bytes(rp2040, to, length).fill(value); },
  MC: (rp2040, [to, from, length]) => { bytes(rp2040, to, length).set(source(rp2040, from, length)); },
  C4: (rp2040, [to, from, length]) => { bytes(rp2040, to, length).set(source(rp2040, from, length)); },
  P3: (rp2040, [value]) => ones(value),
  R3: (rp2040, [value]) => reverse(value),
  L3: (rp2040, [value]) => Math.clz32(value),
  T3: (rp2040, [value]) => value ? 31 - Math.clz32(value & -value) : 32,
  IF: () => {}, EX: () => {}, FC: () => {}, CX: () => {},
  RE: erase,
  RP: program,
};

export function installRom(rp2040) {
  const rom = new DataView(rp2040.bootrom.buffer);
  const names = Object.keys(FUNCTIONS);
  rom.setUint32(0x10, 0x0201754d, true); // "Mu", 1, version 2
  rom.setUint16(0x14, TABLE, true);
  rom.setUint16(0x16, TABLE, true);
  rom.setUint16(0x18, CODE + 1, true); // the look-up, number 0
  for (let i = 0; i <= names.length; i++) {
    rom.setUint16(CODE + 4 * i, 0xbe00 | i, true); // bkpt #i
    rom.setUint16(CODE + 4 * i + 2, 0x4770, true); // bx lr
  }
  rp2040.onBreak = (number) => {
    const registers = rp2040.core.registers;
    let result;
    if (rp2040.core.PC >= 0x4000) {
      throw new Error(`the program stopped at ${rp2040.core.PC.toString(16)}`);
    } else if (number === 0) {
      const i = names.findIndex((name) => code(name) === registers[1]);
      result = i < 0 ? 0 : CODE + 4 * (i + 1) + 1;
    } else {
      result = FUNCTIONS[names[number - 1]](rp2040, registers);
    }
    if (result !== undefined) registers[0] = result;
  };
}
