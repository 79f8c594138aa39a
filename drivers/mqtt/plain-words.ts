/**
 * Which texts of a message say nothing of anybody: those made of the words in which devices speak of themselves and of
 * rooms. Whatever has another word, many digits or other letters is taken for a name, a number or an address. Pure.
 */
import { cataloguePoints } from "../../config/catalogue/points.ts";

const words = new Set(
  (
    "a abs ac accuracy c hpa pa ma mv ug mg lx klx action active actual aenergy ai air alarm align all alpha ambient amp amps an analog and angle ap apower app " +
    "apparent aqi availability available average avg b backlight base batt battery begin bin boot brightness bridge " +
    "bt btn bu button bver by calibration capability carbon cause celsius ch channel charge charging climate close closed cloud co " +
    "code color command component conf config configuration connected connection contact control cool cooling count " +
    "counter cover ct cumulative current cut cw d data date day db dbm default degc degf delta desired detect " +
    "detected detection device dew di dim dioxide direction display do done door double down dp duration e eco energy " +
    "enable enabled end error errors esp ev event events exp expired export f factor fahrenheit fail failed false fan fault flow " +
    "fault firmware force formaldehyde free freq frequency from full fw g gas general group h half hcho heap heat " +
    "heating height hi high hold hot hour hum humidity hz id idle illuminance import in index indoor info init input " +
    "inputs install installed interval is json k kpa kv kw kwh l last latest lat leak led level light line link linkquality list live " +
    "load local lock log long low lqi lux lwt m main mains manual max mb mean measure measurement mem message meter method min " +
    "minute mode model moisture nan inf motion mqtt ms msg mute n net network new night no noise none normal not notification notify null number " +
    "o object occupancy of off offline ok old on online open operating out output over overload p par params part particle pct percent " +
    "period pf phase pir pm point position power ppb ppm prefix presence pressure prev previous product prop properties property " +
    "protection pulse push pv q quality r radon rain range rate raw reactive read ready reason receive relay report reported request " +
    "required reset restart result ret retain return reverse rgb room rpc rpm rs rssi run running s sample scale sec second " +
    "seconds self sensor sensors seq series sequence set setpoint settings sf short sig signal single size sleep smoke snr " +
    "soc sound source speed src ss sta start started stat state static status stop storage success supply sw swing switch sync sys system t " +
    "tamper target tc tele temp temperature test tf thermostat time timer timestamp timezone total toggle triple true ts tvoc type u unavailable " +
    "unit units unknown until up update updates uptime us usage uv v val valid value values vbat version vs vol volt voltage volts volume vb w " +
    "cmnd tasmota discovery homeassistant esphome shelly ce rpc result sensor binary text climate " +
    "admin downtime dynamic mifare sec ssid bss vcc uid warn warning was water watt watts wifi wind window working x y year yes yesterday today z zigbee zone " +
    // Chips.
    "am aht adt bme bmp bh ccs dht ds dps ens gp hdc hlw hlk htu iaq lm lps mcp mhz pn rc rdm scd sds sen senseair sgp sht si spl tmp tsl veml"
  ).split(" "),
);
for (const id of cataloguePoints.keys())
  for (const word of id.split(/[^a-z]+/)) if (word.length > 1) words.add(word);

const longest = 64;
/** Together in one text: an address, a card or a telephone has more. */
const mostDigits = 4;
/** Letters that stand alone. */
const mostLone = 3;

/** True iff each word of the text is one of devices: `config_changed`, `input:0`, `NotifyStatus`, `PM2.5`. */
export function isPlain(text: string): boolean {
  if (text.length > longest || !/^[\x20-\x7e]*$/.test(text) || /@|\d\.\d+\.\d|:.*:/.test(text)) return false;
  if (text.replace(/\D/g, "").length > mostDigits) return false;
  const said = text
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== "");
  return (
    said.filter(({ length }) => length === 1).length <= mostLone && said.every((word) => words.has(word))
  );
}

/** A number as text that is no card and no telephone. */
export const isSmallNumber = (text: string): boolean => /^[+-]?\d{1,5}(?:\.\d{1,4})?$/.test(text);
