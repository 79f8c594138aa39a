/**
 * A test access list: whoever comes without a user may publish and subscribe anywhere but at `nosubscribe`, as in a
 * general broker. No configuration can say this.
 */
import { Announcements } from "../../../drivers/mqtt/availability.ts";
import type { Access } from "../../../drivers/mqtt/credentials.ts";

export const guest: Access = {
  devices: [],
  mayPublish: () => true,
  mayLeave: () => true,
  maySubscribe: (filter) => filter !== "nosubscribe",
  mayPassBy: () => false,
  mayForward: () => true,
  speakers: () => [],
  announcements: new Announcements([]),
};
