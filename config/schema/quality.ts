/** Numbers of quality and of time quality; apart from the schemas, for threads that check nothing. */

/**
 * Quality: 0-15 good, 16-31 uncertain, 32-63 bad, +128 simulated.
 * The bands translate to OPC UA Good, Uncertain and Bad.
 */
export const Quality = {
  good: 0,
  computed: 1,
  manual: 2,
  stale: 16,
  assumed: 17,
  inaccurate: 18,
  timeDoubtful: 19,
  partial: 20,
  noCommunication: 32,
  deviceFault: 33,
  parse: 34,
  configuration: 35,
  outOfRange: 36,
  identity: 37,
  /** Added to any of the above when the data are simulated. */
  simulated: 128,
} as const;

/** Time quality of a record: how far its time can be trusted. */
export const TimeQuality = { synced: 0, holdover: 1, unknown: 2, corrected: 3 } as const;
