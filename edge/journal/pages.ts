/**
 * Rows out of single pages of a SQLite file, without its tables: what salvage reads when SQLite cannot (R12).
 * By "Database File Format" of SQLite, sections 1.6 (b-tree pages), 2.1 (records) and 4.1 (WAL). Pure.
 *
 * Never happens: a read outside a page; a throw, whatever the bytes are.
 */

/** Columns of one row; blobs are left out, which the journal has none of. */
export type Row = (number | string | null)[];

/** Page size of every file of ours, without reserved bytes. */
export const pageBytes = 4096;
const walHeaderBytes = 32;
export const frameBytes = 24 + pageBytes;

const leafIndex = 0x0a;
const interiorIndex = 0x02;
const leafTable = 0x0d;

/** Payload that lies in the page itself: at most `most`, or what a long one leaves there. */
function localBytes(payload: number, isTable: boolean): number {
  const most = isTable ? pageBytes - 35 : Math.floor(((pageBytes - 12) * 64) / 255) - 23;
  if (payload <= most) return payload;
  const least = Math.floor(((pageBytes - 12) * 32) / 255) - 23;
  const rest = least + ((payload - least) % (pageBytes - 4));
  return rest <= most ? rest : least;
}

/**
 * Every row that a page holds, also when others of its cells are broken.
 * @param page its 4,096 bytes
 * @param first it is page 1, which begins with the file's header
 * @param fetch another page by its number, for rows longer than a page; null when there is none
 */
export function rowsOf(page: Buffer, first: boolean, fetch: (page: number) => Buffer | null): Row[] {
  const at = first ? 100 : 0;
  const type = page[at];
  if (type !== leafIndex && type !== interiorIndex && type !== leafTable) return [];
  const cells = page.readUInt16BE(at + 3);
  const pointers = at + (type === interiorIndex ? 12 : 8);
  const rows: Row[] = [];
  for (let cell = 0; cell < cells && pointers + cell * 2 + 2 <= pageBytes; cell++) {
    const row = rowAt(page, page.readUInt16BE(pointers + cell * 2), type, fetch);
    if (row !== null) rows.push(row);
  }
  return rows;
}

function rowAt(
  page: Buffer,
  start: number,
  type: number,
  fetch: (page: number) => Buffer | null,
): Row | null {
  const size = varint(page, start + (type === interiorIndex ? 4 : 0));
  if (size === null || size.value < 0) return null;
  const rowid = type === leafTable ? varint(page, size.end) : null;
  if (type === leafTable && rowid === null) return null;
  const body = (rowid ?? size).end;
  const local = localBytes(size.value, type === leafTable);
  if (body + local > pageBytes) return null;
  const payload = whole(page, body, local, size.value, fetch);
  const row = payload === null ? null : columnsOf(payload);
  // The integer primary key of a table is its rowid, and NULL in the row.
  if (row !== null && rowid !== null && row[0] === null) row[0] = rowid.value;
  return row;
}

/** The payload with what lies in overflow pages. */
function whole(
  page: Buffer,
  start: number,
  local: number,
  size: number,
  fetch: (page: number) => Buffer | null,
): Buffer | null {
  const here = page.subarray(start, start + local);
  if (local === size) return here;
  if (start + local + 4 > pageBytes || size > 1_000_000) return null;
  const parts = [here];
  let left = size - local;
  for (let next = page.readUInt32BE(start + local); left > 0; ) {
    const more = fetch(next);
    if (more === null) return null;
    parts.push(more.subarray(4, 4 + Math.min(left, pageBytes - 4)));
    left -= pageBytes - 4;
    next = more.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

function columnsOf(payload: Buffer): Row | null {
  const header = varint(payload, 0);
  if (header === null || header.value > payload.length) return null;
  const row: Row = [];
  let at = header.value;
  for (let type = varint(payload, header.end); type !== null && type.end <= header.value; ) {
    const length = lengthOf(type.value);
    if (length === null || at + length > payload.length) return null;
    row.push(valueAt(payload, at, type.value, length));
    at += length;
    if (type.end === header.value) return row;
    type = varint(payload, type.end);
  }
  return null;
}

/** Bytes of a serial type (section 2.1); null for the reserved ones. */
function lengthOf(type: number): number | null {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, null, null][type] ?? null;
}

function valueAt(payload: Buffer, at: number, type: number, length: number): number | string | null {
  if (type >= 13 && type % 2 === 1) return payload.toString("utf8", at, at + length);
  if (type === 0 || type >= 12) return null;
  if (type === 7) return payload.readDoubleBE(at);
  if (type === 8 || type === 9) return type - 8;
  return length === 8 ? Number(payload.readBigInt64BE(at)) : payload.readIntBE(at, length);
}

/** Section 1.6: big-endian, seven bits each of up to eight bytes; of nine, which have all of the last, negative numbers. */
function varint(bytes: Buffer, start: number): { value: number; end: number } | null {
  let value = 0;
  for (let at = start; at < start + 8; at++) {
    const byte = bytes[at];
    if (byte === undefined) return null;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + 1 };
  }
  if (start + 9 > bytes.length) return null;
  let long = 0n;
  for (let at = start; at < start + 8; at++) long = (long << 7n) | BigInt((bytes[at] as number) & 0x7f);
  long = (long << 8n) | BigInt(bytes[start + 8] as number);
  return { value: Number(BigInt.asIntN(64, long)), end: start + 9 };
}

/** A page in a WAL: its number, the place of its bytes in the file, and the commit that wrote it, from 0. */
export interface Frame {
  page: number;
  at: number;
  commit: number;
}

/** What a WAL holds. */
export interface Wal {
  /** Frames that SQLite would apply, in their order. */
  applied: Frame[];
  /**
   * The same behind a frame that is broken, which SQLite ignores, when a commit before the last is among them: the last
   * may have been cut short by the power, and then nobody was told that it is on disk.
   */
  ignored: Frame[];
}

/** Reads a WAL (section 4); behind a header that is none, every whole frame counts as ignored. */
export function readWal(wal: Buffer): Wal {
  const found: Wal = { applied: [], ignored: [] };
  let commitsIgnored = 0;
  if (wal.length < walHeaderBytes) return found;
  const magic = wal.readUInt32BE(0);
  const bigEndian = magic === 0x377f0683;
  let sum: [number, number] = checksum(wal, 0, 24, [0, 0], bigEndian);
  const isSound =
    (bigEndian || magic === 0x377f0682) && sum[0] === wal.readUInt32BE(24) && sum[1] === wal.readUInt32BE(28);
  const salt = isSound ? wal.subarray(16, 24) : null;
  let broken = !isSound;
  let commit = 0;
  /** Frames since the last commit. */
  const open: Frame[] = [];
  for (let at = walHeaderBytes; at + frameBytes <= wal.length; at += frameBytes) {
    const frame = { page: wal.readUInt32BE(at), at: at + 24, commit };
    const ours = salt === null || wal.subarray(at + 8, at + 16).equals(salt);
    if (!broken && ours) {
      const next = checksum(
        wal,
        at + 24,
        at + frameBytes,
        checksum(wal, at, at + 8, sum, bigEndian),
        bigEndian,
      );
      broken = next[0] !== wal.readUInt32BE(at + 16) || next[1] !== wal.readUInt32BE(at + 20);
      sum = next;
    } else if (!ours) broken = true;
    if (broken && !ours) continue;
    open.push(frame);
    if (wal.readUInt32BE(at + 4) === 0) continue;
    commit += 1;
    if (broken) commitsIgnored += 1;
    for (const each of open.splice(0)) (broken ? found.ignored : found.applied).push(each);
  }
  for (const each of open) found.ignored.push(each);
  return commitsIgnored < 2 ? { ...found, ignored: [] } : found;
}

/** Section 4.2: two running sums over pairs of 32-bit words. */
function checksum(
  bytes: Buffer,
  start: number,
  end: number,
  [first, second]: [number, number],
  bigEndian: boolean,
): [number, number] {
  let a = first;
  let b = second;
  for (let at = start; at < end; at += 8) {
    a = (a + (bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + b) >>> 0;
    b = (b + (bigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + a) >>> 0;
  }
  return [a, b];
}
