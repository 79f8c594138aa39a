/**
 * One room of well mixed air. Each balance is linear with what is constant over one step, so a step is the closed
 * solution: it is exact, however long the step.
 */

/**
 * dX/dt = gain - loss X.
 * @param loss 1/h
 * @param gain per h
 * @param hours length of the step
 */
export function relax(value: number, loss: number, gain: number, hours: number): number {
  if (loss <= 0) return value + gain * hours;
  const goal = gain / loss;
  return goal + (value - goal) * Math.exp(-loss * hours);
}

/**
 * Carbon dioxide, ppm: dC/dt = A (Cout - C) + 10^6 S / V (as in Batterman 2017).
 * @param airChange A, 1/h
 * @param source S, m³/h
 * @param volume V, m³
 */
export function nextCo2(
  ppm: number,
  outdoors: number,
  airChange: number,
  source: number,
  volume: number,
  hours: number,
): number {
  return relax(ppm, airChange, airChange * outdoors + (1e6 * source) / volume, hours);
}

/** Heat that air carries, Wh in a m³ and K (recalled). */
const airHeat = 0.335;
/** Heat of evaporation, J/kg, and density of air, kg/m³. */
const evaporation = 2.45e6;
const density = 1.2;

export interface Shell {
  /** Through walls and glass, W/K: 100-250 for a room of a middle floor (recalled). */
  ua: number;
  /** Of air, furniture and the inner skin of walls, J/K: 110-165 kJ/K for each m² of floor (recalled). */
  capacity: number;
  /** m³ */
  volume: number;
}

/** °C. @param watts all sources, cooling negative */
export function nextTemperature(
  celsius: number,
  outdoors: number,
  airChange: number,
  watts: number,
  shell: Shell,
  hours: number,
): number {
  const perKelvin = shell.ua + airHeat * shell.volume * airChange;
  const capacity = shell.capacity / 3600;
  return relax(celsius, perKelvin / capacity, (perKelvin * outdoors + watts) / capacity, hours);
}

/**
 * kg of water in a kg of dry air.
 * @param latent W that people evaporate
 * @param drained kg/h that an air conditioner takes out
 */
export function nextWater(
  water: number,
  outdoors: number,
  airChange: number,
  latent: number,
  drained: number,
  volume: number,
  hours: number,
): number {
  const mass = volume * density;
  const gain = airChange * outdoors + ((latent * 3600) / evaporation - drained) / mass;
  return Math.max(0.0005, relax(water, airChange, gain, hours));
}

/**
 * Particles, µg/m³: dC/dt = A P Cout - (A + k) C + S / V.
 * @param penetration P: 0.78 through a closed house, 1 through open windows (two papers)
 * @param deposition k, 1/h: 0.1-0.6, here 0.25 for PM2.5 (recalled); coarse dust falls faster
 * @param source S, µg/h
 */
export function nextParticles(
  level: number,
  outdoors: number,
  airChange: number,
  penetration: number,
  deposition: number,
  source: number,
  volume: number,
  hours: number,
): number {
  return relax(level, airChange + deposition, airChange * penetration * outdoors + source / volume, hours);
}
