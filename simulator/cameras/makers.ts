/** Cameras like those of five makers. What is not in our facts about them (serials, sizes, life times) is made up. */
import type { Maker, Operation, Topic } from "./maker.ts";

const minuteMs = 60_000;
const yearMs = 365.25 * 24 * 60 * minuteMs;
const xml = '<?xml version="1.0" encoding="UTF-8"?>';
const anybody: readonly Operation[] = ["GetSystemDateAndTime", "GetCapabilities", "GetServices"];
const ruleSource = [
  ["VideoSourceConfigurationToken", "VSC0"],
  ["VideoAnalyticsConfigurationToken", "VAC0"],
  ["Rule", "Rule0"],
] as const;
const scope = (rest: string) => `onvif://www.onvif.org/${rest}`;
const topic = (
  subject: Topic["subject"],
  name: string,
  item: string,
  source: Topic["source"] = [],
  words: Topic["words"] = ["false", "true"],
): Topic => ({ subject, topic: name, item, source, words });

const common = {
  login: "either",
  algorithms: ["MD5"],
  open: anybody,
  lacks: [],
  refusal: 400,
  createdWithinMs: minuteMs,
  lockMs: 30 * minuteMs,
  clockOffsetMs: 0,
  addressing: "none",
  wrapsUris: false,
  isSparse: false,
  eventsPort: false,
  reference: "path",
  mostLifeMs: 10 * minuteMs,
  mostWaitMs: minuteMs,
  paths: { media: "/onvif/media_service", events: "/onvif/event_service" },
} as const satisfies Partial<Maker>;

export const makers = {
  hikvision: {
    ...common,
    name: "hikvision",
    manufacturer: "HIKVISION",
    model: "SIM-2CD2146",
    hardware: "88",
    firmware: "V5.7.3 build 220315",
    serial: "SIM-2CD214620230511AAWR400100001",
    hand: {
      declaration: `${xml}\n`,
      prefixes: { soap: "env", tt: "tt", tds: "tds", trt: "trt", tev: "tev", wsnt: "wsnt", ter: "ter" },
    },
    createdWithinMs: 5 * minuteMs,
    scopes: [
      scope("type/video_encoder"),
      scope("Profile/Streaming"),
      scope("MAC/02:00:5e:10:00:01"),
      scope("hardware/SIM-2CD2146"),
      "http:321",
    ],
    paths: { media: "/onvif/Media", events: "/onvif/Events" },
    profiles: [
      { token: "Profile_1", name: "mainStream", width: 2560, height: 1440 },
      { token: "Profile_2", name: "subStream", width: 640, height: 360 },
    ],
    stream: ({ host }, profile) =>
      `rtsp://${host}:554/Streaming/Channels/10${profile + 1}?transportmode=unicast&profile=Profile_${profile + 1}`,
    snapshot: ({ base }, profile) => `${base}/onvif-http/snapshot?Profile_${profile + 1}`,
    topics: [
      topic("motion", "tns1:VideoSource/MotionAlarm", "State", [["Source", "VideoSource_1"]]),
      topic("motion", "tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion", ruleSource),
      topic("tamper", "tns1:RuleEngine/TamperDetector/Tamper", "IsTamper", ruleSource),
      topic("storage", "tns1:Device/HardwareFailure/StorageFailure", "Failed", [["Token", "SD_1"]]),
    ],
  },
  dahua: {
    ...common,
    name: "dahua",
    manufacturer: "Dahua",
    model: "SIM-HFW2431",
    hardware: "1.00",
    firmware: "2.800.0000000.18.R, Build Date 2021-06-24",
    serial: "SIM7A03PAZ00001",
    hand: {
      declaration: '<?xml version="1.0" encoding="utf-8" standalone="yes" ?>',
      prefixes: { soap: "s", wsa: "a", wsnt: "b", tev: "tev", trt: "trt", tds: "tds", tt: "tt" },
    },
    login: "token",
    open: ["GetSystemDateAndTime"],
    createdWithinMs: 5000,
    wrapsUris: true,
    reference: "query",
    scopes: [
      scope("location/country/china"),
      scope("name/Dahua"),
      scope("hardware/SIM-HFW2431"),
      scope("Profile/Streaming"),
      scope("Profile/T"),
    ],
    profiles: [
      { token: "MediaProfile00000", name: "Profile000", width: 2688, height: 1520 },
      { token: "MediaProfile00001", name: "Profile001", width: 704, height: 576 },
    ],
    stream: ({ host }, profile) =>
      `rtsp://${host}:554/cam/realmonitor?channel=1&subtype=${profile}&unicast=true&proto=Onvif`,
    snapshot: ({ base }, profile) =>
      `${base}/onvifsnapshot/media_service/snapshot?channel=1&subtype=${profile}`,
    topics: [
      topic("motion", "tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion", ruleSource),
      topic("tamper", "tns1:VideoSource/GlobalSceneChange/AnalyticsService", "State", [["Source", "00000"]]),
      topic("storage", "tns1:Device/HardwareFailure/StorageFailure", "Failed", [["Token", "0"]], ["0", "1"]),
    ],
  },
  axis: {
    ...common,
    name: "axis",
    manufacturer: "AXIS",
    model: "SIM-P3245",
    hardware: "7D3.1",
    firmware: "10.12.114",
    serial: "02005E100003",
    hand: {
      declaration: `${xml}\n`,
      prefixes: {
        soap: "SOAP-ENV",
        wsa: "wsa5",
        tns1: "tns1",
        tnsaxis: "tnsaxis",
        axis: "dom0",
        tt: "tt",
        wsnt: "wsnt",
        tev: "tev",
        trt: "trt",
        tds: "tds",
      },
    },
    login: "digest",
    algorithms: ["SHA-256", "MD5"],
    addressing: "own",
    reference: "parameters",
    refusal: 401,
    paths: { media: "/onvif/services", events: "/onvif/services" },
    scopes: [
      scope("type/Network_Video_Transmitter"),
      scope("name/AXIS%20SIM-P3245"),
      scope("hardware/SIM-P3245"),
      scope("Profile/S"),
      scope("location/"),
    ],
    profiles: [
      { token: "profile_1_h264", name: "profile_1 h264", width: 1920, height: 1080 },
      { token: "profile_1_jpeg", name: "profile_1 jpeg", width: 1920, height: 1080 },
    ],
    stream: ({ host }, profile) =>
      `rtsp://${host}/onvif-media/media.amp?profile=profile_1_${profile === 0 ? "h264" : "jpeg"}&sessiontimeout=60&streamtype=unicast`,
    snapshot: ({ base }) => `${base}/onvif-cgi/jpg/image.cgi?resolution=1920x1080&compression=30`,
    topics: [
      topic("motion", "tnsaxis:CameraApplicationPlatform/VMD/Camera1ProfileANY", "active", [], ["0", "1"]),
      topic("pir", "tns1:Device/tnsaxis:Sensor/PIR", "state", [["sensor", "0"]], ["inactive", "active"]),
      topic(
        "day",
        "tns1:VideoSource/tnsaxis:DayNightVision",
        "day",
        [["VideoSourceConfigurationToken", "1"]],
        ["0", "1"],
      ),
      topic(
        "tamper",
        "tns1:VideoSource/GlobalSceneChange/ImagingService",
        "State",
        [["Source", "0"]],
        ["0", "1"],
      ),
      topic("storage", "tnsaxis:Storage/Alert", "alert", [["disk_id", "SD_DISK"]], ["OFF", "ON"]),
    ],
  },
  "tp-link": {
    ...common,
    name: "tp-link",
    manufacturer: "tp-link",
    model: "SIM-C200",
    hardware: "1.0",
    firmware: "1.1.15 Build 211130 Rel.15378n(4555)",
    serial: "02005e1000",
    hand: {
      declaration: xml,
      prefixes: { soap: "SOAP-ENV", wsa: "wsa5", tds: "tds", tt: "tt", trt: "trt", tev: "tev", wsnt: "wsnt" },
    },
    login: "token",
    lacks: ["GetServices"],
    createdWithinMs: 10_000,
    lockMs: 10 * minuteMs,
    addressing: "same",
    isSparse: true,
    eventsPort: true,
    mostLifeMs: 2 * minuteMs,
    mostWaitMs: 20_000,
    paths: { media: "/onvif/service", events: "/event-0_0" },
    scopes: [
      scope("name/TP-IPC"),
      scope("hardware/SIM-C200"),
      scope("Profile/Streaming"),
      scope("type/NetworkVideoTransmitter"),
    ],
    profiles: [
      { token: "profile_1", name: "mainStream", width: 1920, height: 1080 },
      { token: "profile_2", name: "minorStream", width: 640, height: 360 },
    ],
    stream: ({ host }, profile) => `rtsp://${host}:554/stream${profile + 1}`,
    snapshot: ({ base }, profile) => `${base}/onvif/snapshot?channel=${profile + 1}`,
    topics: [
      topic("motion", "tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion", ruleSource),
      topic("people", "tns1:RuleEngine/CellMotionDetector/People", "IsPeople", ruleSource),
      topic("tamper", "tns1:RuleEngine/TPSmartEventDetector/TPSmartEvent", "IsTamper", ruleSource),
    ],
  },
  bosch: {
    ...common,
    name: "bosch",
    manufacturer: "Bosch",
    model: "SIM-FLEXIDOME",
    hardware: "F000B543",
    firmware: "8.71.0066",
    serial: "094454600000000001",
    hand: {
      declaration: `${xml}<!-- simulated -->`,
      prefixes: { tds: "ns2", trt: "ns4", tev: "ns5", tt: "", wsnt: "ns7", wsa: "ns8", soap: "soapenv" },
    },
    createdWithinMs: 5000,
    clockOffsetMs: -2 * yearMs,
    isSparse: true,
    scopes: [
      scope("name/Bosch"),
      scope("hardware/F000B543"),
      scope("Profile/Streaming"),
      scope("Profile/G"),
      scope("location/"),
    ],
    profiles: ["0", "1", "2", "3"].map((token) => ({
      token,
      name: `Profile_L1S${Number(token) + 1}`,
      width: 1920,
      height: 1080,
    })),
    stream: ({ host }, profile) => `rtsp://${host}/rtsp_tunnel?p=${profile}&line=1&inst=${profile + 1}&vcd=2`,
    snapshot: ({ base }) => `${base}/snap.jpg?JpegCam=1`,
    topics: [
      topic("motion", "tns1:VideoSource/MotionAlarm", "State", [["Source", "1"]], ["0", "1"]),
      topic("tamper", "tns1:VideoSource/GlobalSceneChange/ImagingService", "State", [["Source", "1"]]),
      topic("storage", "tns1:Device/HardwareFailure/StorageFailure", "Failed", [["Token", "1"]]),
    ],
  },
} as const satisfies Record<string, Maker>;

export type MakerName = keyof typeof makers;
