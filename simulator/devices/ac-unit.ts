/** An air conditioner as its gateway sees it: what it does in its room, and how it is told. */
export type AcMode = "cool" | "heat" | "auto" | "fan" | "dry";
export type AcFan = "auto" | "quiet" | "low" | "medium" | "high";

export interface AcState {
  power: boolean;
  mode: AcMode;
  /** °C */
  target: number;
  fan: AcFan;
}

export interface AcUnit {
  now(): { powered: boolean; state: Readonly<AcState>; celsius: number | null };
  tell(by: Partial<AcState>): void;
}

/** One that hangs in no room. */
export function looseAc(celsius: () => number | null = () => 26): AcUnit {
  let state: AcState = { power: false, mode: "cool", target: 26, fan: "auto" };
  return {
    now: () => ({ powered: true, state, celsius: celsius() }),
    tell: (by) => {
      state = { ...state, ...by };
    },
  };
}
