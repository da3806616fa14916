// SPDX-License-Identifier: MIT
// A W5500 beside rp2040js: registers and buffers of socket 0 in MACRAW mode, by its data sheet. Written
// apart from the driver, and from the model in C of tests/unit.
const KB = 1024, BUFFER = 16 * KB;
const COMMON = { MR: 0x00, SHAR: 0x09, SIMR: 0x18, PHYCFGR: 0x2e, VERSIONR: 0x39 };
const SN = { MR: 0, CR: 1, IR: 2, SR: 3, RXSIZE: 0x1e, TXSIZE: 0x1f, TX_FSR: 0x20, TX_RD: 0x22, TX_WR: 0x24,
             RX_RSR: 0x26, RX_RD: 0x28, RX_WR: 0x2a, IMR: 0x2c };
const OPEN = 0x01, CLOSE = 0x10, SEND = 0x20, RECV = 0x40, IR_SENT = 0x10, IR_RECV = 0x04;

export class W5500 {
  constructor(onFrame, onInterrupt) {
    this.onFrame = onFrame;
    this.onInterrupt = onInterrupt;
    this.sent = this.received = this.dropped = this.filtered = 0;
    this.link = true;
    this.reset();
  }

  reset() {
    this.common = new Uint8Array(0x40);
    this.sockets = Array.from({ length: 8 }, () => new Uint8Array(0x30));
    this.sockets.forEach((one) => { one[SN.RXSIZE] = one[SN.TXSIZE] = 2; one[SN.IMR] = 0xff; });
    this.tx = new Uint8Array(BUFFER);
    this.rx = new Uint8Array(BUFFER);
    this.received_to = 0; // the true RX_RD: what RECV has freed
    this.head = [];
    this.interrupt();
  }

  get16(at) { return this.sockets[0][at] << 8 | this.sockets[0][at + 1]; }
  put16(at, value) {
    this.sockets[0][at] = value >> 8 & 0xff;
    this.sockets[0][at + 1] = value & 0xff;
  }

  interrupt() {
    const s = this.sockets[0];
    this.onInterrupt((this.common[COMMON.SIMR] & 1) !== 0 && (s[SN.IR] & s[SN.IMR]) !== 0);
  }

  // SCSn
  select(on) { if (on) this.head = []; }

  // One byte each way.
  transfer(byte) {
    if (this.head.length < 3) {
      this.head.push(byte);
      this.at = this.head[0] << 8 | this.head[1];
      return this.head.length; // the real chip's SO shows 0x01 0x02 0x03 there
    }
    const block = this.head[2] >> 3, write = (this.head[2] & 4) !== 0;
    const at = this.at;
    this.at = this.at + 1 & 0xffff;
    if (write) this.write(block, at, byte);
    return write ? 0 : this.read(block, at);
  }

  read(block, at) {
    if (block === 0) {
      if (at === COMMON.PHYCFGR) return 0xb8 | (this.link ? 7 : 0);
      return at === COMMON.VERSIONR ? 4 : this.common[at] ?? 0;
    }
    if (block === 2) return this.tx[at % BUFFER];
    if (block === 3) return this.rx[at % BUFFER];
    return (block & 3) === 1 ? this.sockets[block >> 2][at] ?? 0 : 0;
  }

  write(block, at, byte) {
    if (block === 0) {
      if (at === COMMON.MR && byte & 0x80) this.reset();
      else if (at < this.common.length) this.common[at] = byte;
    } else if (block === 2) {
      this.tx[at % BUFFER] = byte;
    } else if ((block & 3) === 1) {
      this.writeSocket(block >> 2, at, byte);
    }
    this.interrupt();
  }

  writeSocket(number, at, byte) {
    const s = this.sockets[number];
    if (at === SN.CR && number === 0) this.command(byte);
    else if (at === SN.IR) s[SN.IR] &= ~byte;
    else if (at !== SN.CR && at < s.length) s[at] = byte;
  }

  command(order) {
    const s = this.sockets[0];
    if (order === OPEN && (s[SN.MR] & 15) === 4 && s[SN.RXSIZE] === 16 && s[SN.TXSIZE] === 16) {
      s[SN.SR] = 0x42;
      for (const at of [SN.TX_RD, SN.TX_WR, SN.RX_RD, SN.RX_WR, SN.RX_RSR]) this.put16(at, 0);
      this.received_to = 0;
      this.put16(SN.TX_FSR, BUFFER);
    } else if (order === CLOSE) {
      s[SN.SR] = 0;
    } else if (order === SEND && s[SN.SR] === 0x42) {
      this.sendFrame();
    } else if (order === RECV) {
      this.received_to = this.get16(SN.RX_RD);
      this.put16(SN.RX_RSR, this.get16(SN.RX_WR) - this.received_to & 0xffff);
    }
  }

  sendFrame() {
    const from = this.get16(SN.TX_RD), to = this.get16(SN.TX_WR), length = to - from & 0xffff;
    const frame = new Uint8Array(length);
    for (let i = 0; i < length; i++) frame[i] = this.tx[(from + i) % BUFFER];
    this.put16(SN.TX_RD, to);
    this.sockets[0][SN.IR] |= IR_SENT;
    if (length < 60 || length > 1514) throw new Error(`a frame of ${length} bytes was sent`);
    this.sent++;
    this.onFrame(frame);
  }

  accepts(frame) {
    const s = this.sockets[0], mac = this.common.subarray(COMMON.SHAR, COMMON.SHAR + 6);
    if (s[SN.SR] !== 0x42) return false;
    if (!(s[SN.MR] & 0x80) || frame.subarray(0, 6).every((byte) => byte === 0xff)) return true;
    if (frame[0] & 1) return !(s[SN.MR] & 0x20);
    return mac.every((byte, i) => byte === frame[i]);
  }

  // From the network.
  receive(frame) {
    const waiting = this.get16(SN.RX_WR) - this.received_to & 0xffff, whole = frame.length + 2;
    if (!this.accepts(frame)) { this.filtered++; return; }
    if (waiting + whole > BUFFER) { this.dropped++; return; }
    let at = this.get16(SN.RX_WR);
    for (const byte of [whole >> 8, whole & 0xff, ...frame]) this.rx[at++ % BUFFER] = byte;
    this.put16(SN.RX_WR, at & 0xffff);
    this.put16(SN.RX_RSR, waiting + whole);
    this.sockets[0][SN.IR] |= IR_RECV;
    this.received++;
    this.interrupt();
  }
}
