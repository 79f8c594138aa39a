/** Water in air after Magnus (17.62 and 243.12 °C over water), at 101.3 kPa. */

/** Saturation pressure, hPa, at °C. */
function saturation(celsius: number): number {
  return 6.112 * Math.exp((17.62 * celsius) / (243.12 + celsius));
}

/** kg of water in a kg of dry air, from °C and % relative humidity. */
export function waterContent(celsius: number, humidity: number): number {
  const vapour = (saturation(celsius) * humidity) / 100;
  return (0.622 * vapour) / (1013 - vapour);
}

/** % relative humidity, 0 to 100, from °C and kg of water in a kg of dry air. */
export function relativeHumidity(celsius: number, water: number): number {
  const vapour = (1013 * water) / (0.622 + water);
  return Math.min(100, (100 * vapour) / saturation(celsius));
}
