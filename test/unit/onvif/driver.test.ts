/** The driver of cameras keeps the contract of every polled driver. */
import type { Driver, Session } from "../../../drivers/contract/index.ts";
import { onvifDriver } from "../../../drivers/onvif/index.ts";
import { onvifKind } from "../../../drivers/onvif/schema.ts";
import { polledDriverSuite } from "../../suites/polled-driver.ts";
import { world } from "../display/bytes.ts";
import { FarEnd } from "../line/far-end.ts";
import { holds } from "../line/holds.ts";
import { envelope } from "./camera-end.ts";
import { cameraAt } from "./world.ts";

const marker = "Li Lei";

polledDriverSuite("onvif", "a camera", async () => {
  const driver = onvifDriver as unknown as Driver;
  const { clock, context, facts, secrets } = world();
  secrets.set("onvif", "right");
  const end = await FarEnd.listen();
  const link = onvifKind.link.parse({ user: "edge", password: "secret:onvif" });
  const points = { clock_offset: { ask: "clock-offset" }, device_firmware: { ask: "firmware" } };
  const device = cameraAt(end.port, "cam", points, undefined, "300ms");
  let does: "answer" | "garble" | "nothing" = "answer";
  const answers: Record<string, string> = {
    GetSystemDateAndTime:
      "<SystemDateAndTime><UTCDateTime><Time><Hour>1</Hour><Minute>2</Minute><Second>3</Second></Time><Date><Year>2024</Year><Month>1</Month><Day>2</Day></Date></UTCDateTime></SystemDateAndTime>",
    GetDeviceInformation: "<FirmwareVersion>V5.5</FirmwareVersion>",
  };
  end.onConnect = (socket) => {
    let heard = "";
    socket.on("data", (bytes) => {
      heard += bytes.toString();
      const [, operation = ""] = /<s:Body><(\w+)[\s\S]*<\/s:Envelope>$/.exec(heard) ?? [];
      const said = answers[operation];
      if (said === undefined) return;
      const body = envelope(`<${operation}Response>${said}</${operation}Response>`);
      if (does === "answer") socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      if (does === "garble") socket.end(`${marker}\r\n\r\n`);
    });
  };
  const [job] = onvifKind.plan(link, [device]);
  if (job === undefined) throw new Error("no job");
  /** Its line is held while its session is open, connected or not. */
  let open: Session | null = null;
  return {
    ...{ driver, clock, facts, marker, job },
    async open(signal) {
      const session = await driver.open(link, [device], context, signal);
      open = session;
      void session.ended.then(() => {
        open = null;
      });
      return session;
    },
    openBroken: (signal) =>
      driver.open(onvifKind.link.parse({ user: "edge", password: "secret:none" }), [device], context, signal),
    held: async () => (await holds(end)) || open !== null,
    remove: () => end.close(),
    device: (now) => {
      does = now;
    },
  };
});
