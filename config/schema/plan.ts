/**
 * The Plan: the whole configuration after reading, expanding, checking and resolving; frozen.
 * The one thing that edge/agent runs on. Built by config/load, never changed afterwards.
 */
import type { DevicePlan } from "./kind.ts";
import type { SecretRef } from "./scalar.ts";
import type { RecordKind, Text, Value } from "./vocabulary.ts";

export interface Plan {
  /** Folder the files were read from. */
  folder: string;
  /** First 8 hex digits of SHA-256 over names and bytes of the files (secrets excluded). */
  revision: string;
  school: SchoolPlan;
  spaces: ReadonlyMap<string, SpacePlan>;
  buffer: BufferPlan;
  /** Loopback HTTP door; absent: no page. */
  status?: { host: string; port: number };
  links: readonly LinkPlan[];
  uplinks: readonly UplinkPlan[];
  /** When there are lessons; absent: nobody knows. */
  timetable?: TimetablePlan;
  /** Devices that are off: reserved and checked, never opened. */
  off: readonly OffDevice[];
  /** Units in the cupboard: they hold no position. */
  spares: readonly Spare[];
  /** Reads a secret (name after `secret:`): secrets/NAME, systemd credential, CE_SECRET_NAME. Throws when missing. */
  secret(name: string): Uint8Array;
}

export interface SchoolPlan {
  /** 10 digits. */
  id: string;
  gateway: string;
  name: string;
  district?: string;
  contact?: string;
  language: "zh" | "en";
  clock: "auto" | "trusted";
}

export interface SpacePlan {
  /** Short id as people write it. */
  id: string;
  /** {school10}-{campus2}-{building}-{floor}-{room}; computed. */
  code: string;
  name?: string;
  kind: string;
  areaM2?: number;
  heightM?: number;
  seats?: number;
}

export interface BufferPlan {
  /** Data folder: journal.sqlite and what belongs to it. */
  folder: string;
  quotaBytes: number;
  /** How far the local history goes back, and what it may take on disk; null: there is none. */
  keepMs: number;
  history: { quotaBytes: number } | null;
  diskFloorBytes: number;
  commit: { ackMs: number; polledMs: number };
}

export interface OffDevice {
  device: string;
  /** Absent: its link is not known. */
  link?: string;
  /** Which nobody else may have meanwhile. */
  address?: unknown;
  profile: string;
  /** Long space code; empty without a space. */
  space: string;
  why: string;
  /** Wall ms UTC when it should be back; past: somebody must look. */
  untilMs?: number;
  /** The device in front of it that is off; absent: it is off itself. */
  behind?: string;
}

export interface Spare {
  profile: string;
  serial?: string;
  note?: string;
}

export interface LinkPlan {
  id: string;
  kind: string;
  /** Device that carries the link (a serial server). */
  via?: string;
  /** The same where it is a box, which is no device of any link: where to go when the link is dead. */
  box?: DevicePoints;
  /** Short space ids in the order along the cable, from this machine on. */
  chain?: readonly string[];
  /** What the kind's `link` schema gave. */
  settings: unknown;
  simulated: boolean;
  /** As the driver gets them; connections and bridges included. */
  devices: readonly DevicePlan[];
  /** As normalize gets them, by device id. */
  points: ReadonlyMap<string, DevicePoints>;
}

/** What normalising needs to know of one device. */
export interface DevicePoints {
  device: string;
  profile: string;
  /** Long space code bound now; empty without a space. */
  space: string;
  simulated: boolean;
  /** `trial`: polled, quality 18, no alarms. Devices that are `off` are not in the Plan's devices. */
  stage: "on" | "trial";
  /** Device time may be up to 30 days old (a device with its own memory); else 120 s. */
  buffered: boolean;
  /** Device that measures or switches its supply. */
  power?: string;
  /** On its nameplate. */
  serial?: string;
  /** Where it hangs, and what the technician noted. */
  mount?: string;
  note?: string;
  /** Earlier ids of this position. */
  was?: readonly string[];
  /** Serial number that it must show of itself; another one gives no records. */
  expect?: string;
  /** Replacements of the unit at this position, oldest first. */
  swapped?: readonly Swap[];
  points: ReadonlyMap<string, PointPlan>;
  /** What it may be told to do, and nothing else; absent: nothing. */
  actions?: ReadonlyMap<string, ActionPlan>;
}

/** Something that a device may be told to do. */
export interface ActionPlan {
  id: string;
  text?: Text;
  args: ReadonlyMap<string, ArgumentPlan>;
  /** Values that its points have once it is done, or the argument that it is; empty: nobody can tell. */
  confirm: ReadonlyMap<string, Value | { arg: string }>;
  /** So far a number that is read back may be from what was asked for. */
  tolerance: number;
  /** It is confirmed within this time, ms. */
  withinMs: number;
  /** Nothing else is asked of the device for so long afterwards, ms. */
  restMs: number;
  /** Not more often than this, ms. */
  everyMs: number;
  notDuring?: "lesson";
}

/** `point`: it is a value of this one. For a number: raw = (value − offset) / scale; for a choice: raw values by word. */
export type ArgumentPlan = { text?: Text; point?: string } & (
  | { type: "number"; min: number; max: number; step?: number; unit?: string; scale: number; offset: number }
  | { type: "choice"; choices: ReadonlyMap<string, Value> }
);

/** One unit was replaced by another; counters go on from `last` to `first`. */
export interface Swap {
  /** Wall ms UTC. */
  atMs: number;
  why: string;
  /** By point id, in the catalogue's unit, as the unit itself shows it (see CounterPlan). */
  last: ReadonlyMap<string, number>;
  first: ReadonlyMap<string, number>;
}

export interface PointPlan {
  /** Point id, also the catalogue's. */
  id: string;
  kind: RecordKind;
  type: "number" | "boolean" | "text";
  /** UCUM, for numbers. */
  unit?: string;
  /** 1 to 4. */
  level: number;
  /** Physical range in `unit`; outside is quality 36. */
  range?: readonly [min: number, max: number];
  /** value = raw × scale + offset. */
  scale: number;
  offset: number;
  /** Raw values that mean "no value" (quality 33). */
  sentinels: readonly Value[];
  /** Raw value (as text) → value. A raw value not listed is a fault. */
  enum?: ReadonlyMap<string, string | boolean>;
  /** After the device comes up, values are inaccurate for so long (quality 18). */
  warmUpMs: number;
  /** Expected reporting period; health calls a point stale after 3 of them. */
  everyMs: number;
  /** Not every unit of the model has it: missed only once it was heard. */
  optional?: true;
  /** Said when it changes alone: its silence says nothing. */
  onChange?: true;
  /** What the device was told last, or what is inferred, not what it measured: its values are quality 17. */
  assumed?: true;
  /** Its device does not say it: the power of what feeds it tells. */
  inferred?: InferredPlan;
  /** Absolute in `unit`, or share of |last| (0.01 = 1 %); null: the storing rule is off, every value is stored. */
  deadband: { abs: number } | { share: number } | null;
  maxSilenceMs: number;
  /** Present for numbers of kind `counter`. */
  counter?: CounterPlan;
}

/**
 * How something counts that goes on. All amounts are as the unit itself shows them, in the catalogue's unit: before
 * transformers and before the correction of this device.
 */
export interface CounterPlan {
  /** value = shown × ratio + offset of the point. */
  ratio: number;
  /** Here it begins at 0 again; absent: it does not, or nobody knows. */
  rollOver?: number;
  /** A step back of no more is its last digit. */
  noise: number;
  /** It never moves faster, per hour; absent: nobody knows. */
  perHour?: number;
  /** What people see: shown × factor, in this unit. */
  display: { unit: string; factor: number };
}

/** On above one power, off below another; what lies between changes nothing. */
export interface InferredPlan {
  /** Device that measures the power, and its point; absent: nobody can tell. */
  from?: { device: string; point: string };
  /** That device is simulated, and so is what is inferred. */
  simulated?: true;
  onW: number;
  offW: number;
}

export interface UplinkPlan {
  id: string;
  kind: string;
  /** What the uplink kind's schema gave. */
  settings: unknown;
  /** Ed25519 key of the platform's receipts for what is carried by hand: base64 of its SubjectPublicKeyInfo. */
  carryKey?: string;
  /** Whose commands are done; absent: nobody's. */
  commands?: readonly CommandKey[];
  confirm: "receipt" | "broker";
  accepts: "real" | "simulated" | "any";
  /** Absent list: all. All are attributes of the series. */
  send: {
    levels: readonly number[];
    kinds?: readonly RecordKind[];
    points?: readonly string[];
    /** Long codes. */
    spaces?: readonly string[];
  };
  start: "now" | "oldest";
  /** When it may be used; absent: always. Alarms go at any time. */
  window?: readonly DailyRange[];
  backlog: BacklogPlan;
}

/** Days are counted since 1970-01-01 in the school's time; both ends of a span are within. */
export interface TimetablePlan {
  terms: readonly (readonly [from: number, to: number])[];
  /** 1 is Monday. */
  weekdays: readonly number[];
  periods: readonly DailyRange[];
  off: readonly (readonly [from: number, to: number])[];
  /** Weekday whose lessons a day has, whatever it is otherwise. */
  on: ReadonlyMap<number, number>;
}

/** Who may ask for what from afar. */
export interface CommandKey {
  id: string;
  /** Ed25519: base64 of its SubjectPublicKeyInfo. */
  key: string;
  /** `power-off`, or `301-panel/power-off` for some devices alone. */
  actions: readonly string[];
  /** Also what is not to be done during a lesson. */
  duringLesson?: true;
}

/** Minutes since midnight in the school's time, [from, to); over midnight `to` is above 1440. */
export interface DailyRange {
  from: number;
  to: number;
}

/** How records of earlier epochs are sent. */
export interface BacklogPlan {
  /** Absent: no cap. */
  recordsPerS?: number;
  /** On the wire, as compressed; absent: no cap. */
  bytesPerS?: number;
  /** Absent: whenever the uplink may be used. */
  window?: readonly DailyRange[];
}

/** One thing wrong (or doubtful) in the files. */
export interface Problem {
  /** Row of the message catalogue, e.g. `unknown-key`. */
  code: string;
  severity: "error" | "warning";
  /** Relative to the folder. */
  file: string;
  /** From 1; 0 when the whole file is meant. */
  line: number;
  column: number;
  what: Text;
  fix: Text;
  /** The line itself, for the caret; absent where it might show a secret. */
  excerpt?: string;
}

/** Without a plan, what could be read of it all the same, to find and speak to the school. */
export interface NoPlan {
  plan: null;
  problems: Problem[];
  /** `buffer.folder`. */
  dataFolder?: string;
  /** `school.language`. */
  language?: "zh" | "en";
}

export type LoadResult = { plan: Plan; problems: Problem[]; dataFolder?: never; language?: never } | NoPlan;

export type { SecretRef };
