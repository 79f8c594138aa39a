/**
 * Cross-checks of one broker's devices that a schema cannot see. Pure; tells every problem, not the first.
 */
import { isLoopback } from "../../config/schema/address.ts";
import type { KindProblem } from "../../config/schema/kind.ts";
import { ownPatterns, pointsOn, topicPatterns } from "./carried.ts";
import { type ConnectionPlan, carrierOf, connectionsOf, intakeTopics } from "./connections.ts";
import type { MqttDevice, MqttLink, Place } from "./fields.ts";
import { fillTopic, matches, overlap } from "./topics.ts";

export function checkMqtt(link: MqttLink, devices: MqttDevice[]): KindProblem[] {
  const plans = connectionsOf(devices);
  return [
    ...listener(link),
    ...credentials(link, devices),
    ...friendlyNames(devices),
    ...payloads(devices),
    ...unsaidAvailability(devices),
    ...unseenSerials(devices),
    ...coverage(plans),
    ...confused(plans),
    ...overlaps(plans),
  ];
}

function listener(link: MqttLink): KindProblem[] {
  if (link.tls !== undefined || link.insecure || isLoopback(link.listen.host)) return [];
  return [
    {
      key: "listen",
      what: {
        zh: `${link.listen.host} 上的连接没有加密`,
        en: `connections at ${link.listen.host} are not encrypted`,
      },
      fix: {
        zh: "写 tls: secret:名字；设备确实不支持加密时写 insecure: true",
        en: "add tls: secret:NAME, or insecure: true if the devices truly cannot encrypt",
      },
    },
  ];
}

function credentials(link: MqttLink, devices: MqttDevice[]): KindProblem[] {
  const problems: KindProblem[] = [];
  const byId = new Map(devices.map((device) => [device.id, device]));
  const users = new Map<string, string>();
  for (const device of devices) {
    const { user, password } = device.address;
    if (user !== undefined) {
      const first = users.get(user);
      if (first !== undefined) {
        problems.push({
          device: device.id,
          key: "user",
          what: {
            zh: `用户名 ${user} 已经给了 ${first}`,
            en: `the user ${user} already belongs to ${first}`,
          },
          fix: {
            zh: `换一个用户名；同一连接后面的设备写 via: ${first}`,
            en: `choose another one; a device behind the same connection says via: ${first}`,
          },
        });
      } else users.set(user, device.id);
    }
    if (user !== undefined && password === undefined) {
      problems.push({
        device: device.id,
        key: "user",
        what: { zh: "有用户名但没有密码", en: "there is a user but no password" },
        fix: { zh: "加上 password: secret:名字", en: "add password: secret:NAME" },
      });
    }
    if (user === undefined && password !== undefined) {
      problems.push({
        device: device.id,
        key: "password",
        what: { zh: "有密码但没有用户名", en: "there is a password but no user" },
        fix: { zh: "加上 user: 名字", en: "add user: NAME" },
      });
    }
    if (!link.insecure && password === undefined && carrierOf(device, byId) === undefined) {
      problems.push({
        device: device.id,
        what: {
          zh: "没有自己的用户名，也没有挂在有用户名的设备后面",
          en: "has no user and hangs on no device that has one",
        },
        fix: {
          zh: "写 user 和 password；桥后面的设备写 via: 桥的编号",
          en: "add user and password, or via: ID of the bridge it is behind",
        },
      });
    }
  }
  return problems;
}

export function friendlyNames(devices: MqttDevice[]): KindProblem[] {
  return devices
    .filter((device) => device.address.friendly === undefined && needsFriendly(device))
    .map((device) => ({
      device: device.id,
      what: { zh: "型号的主题需要 friendly，这里没有写", en: "its profile's topics need a friendly name" },
      fix: { zh: "加上 friendly: 桥里的名字", en: "add friendly: its name in the bridge" },
    }));
}

/** Its one topic of availability, or of a point, or all topics of its profile have a name to be filled in. */
function needsFriendly(device: MqttDevice): boolean {
  const { profile, points, address } = device;
  const wants = (pattern: string) => pattern.includes("{friendly}");
  if (ownPatterns(device).some(wants)) return true;
  return points.length > 0 && address.topics === undefined && profile.topic.every(wants);
}

/** Points that are not written as the messages of their profile are; once per profile. */
export function payloads(devices: MqttDevice[]): KindProblem[] {
  const seen = new Set<unknown>();
  return devices.flatMap((device): KindProblem[] => {
    const { payload } = device.profile;
    if (seen.has(device.profile)) return [];
    seen.add(device.profile);
    const keyOf = ({ path, name }: Place) => {
      if (path !== undefined && payload !== "json") return "path";
      return name !== undefined && payload !== "senml" ? "name" : undefined;
    };
    const misfit = device.points.find(({ source }) =>
      source.places.some((place) => keyOf(place) !== undefined),
    );
    if (misfit === undefined) return [];
    const key = misfit.source.places.map(keyOf).find((other) => other !== undefined);
    return [
      {
        device: device.id,
        key: "profile",
        what: {
          zh: `它的型号写了 payload: ${payload}，测点 ${misfit.id} 却写了 ${key}`,
          en: `its profile has payload: ${payload}, but its point ${misfit.id} has ${key}`,
        },
        fix: wayOf[payload],
      },
    ];
  });
}

/** A point that tells of what its profile does not say where to hear; once per profile. */
function unsaidAvailability(devices: MqttDevice[]): KindProblem[] {
  const seen = new Set<unknown>();
  return devices.flatMap((device): KindProblem[] => {
    const { profile, points } = device;
    const point = points.find(({ source }) =>
      source.places.some(({ availability }) => availability === true),
    );
    if (point === undefined || profile.availability !== undefined || seen.has(profile)) return [];
    seen.add(profile);
    return [
      {
        device: device.id,
        key: "profile",
        what: {
          zh: `测点 ${point.id} 写了 availability，它的型号没有写在线状态在哪个主题`,
          en: `its point ${point.id} has availability, but its profile does not say on which topic that is`,
        },
        fix: {
          zh: "在型号里加上 availability: { topic: … }",
          en: "add availability: { topic: … } to the profile",
        },
      },
    ];
  });
}

/** A number that nobody can look at would protect from nothing. */
export function unseenSerials(devices: MqttDevice[]): KindProblem[] {
  return devices
    .filter(({ expect, profile }) => expect !== undefined && profile.serial === undefined)
    .map((device) => ({
      device: device.id,
      key: "expect",
      what: {
        zh: "要核对序列号，但它的型号没有写序列号在哪里",
        en: "a serial number is expected, but its profile does not say where one is shown",
      },
      fix: {
        zh: "在型号里加上 serial: …；设备不报序列号就删掉 expect",
        en: "add serial: … to the profile; remove expect if the device shows none",
      },
    }));
}

const wayOf = {
  json: {
    zh: "在型号里改写 path: …，或 payload: senml",
    en: "write path: … in the profile, or payload: senml",
  },
  senml: {
    zh: "在型号里改写 name: …，或 payload: json",
    en: "write name: … in the profile, or payload: json",
  },
  plain: {
    zh: "在型号里只写 topic: …，或把 payload 改成 json、senml",
    en: "write only topic: … in the profile, or payload: json or senml",
  },
};

/** Every topic on which a device's readings arrive must be one that its connection may publish. */
function coverage(plans: ConnectionPlan[]): KindProblem[] {
  const problems: KindProblem[] = [];
  for (const plan of plans) {
    if (plan.device?.address.topics === undefined) continue;
    for (const device of plan.devices) {
      const outside = heardOn(device).find(
        (topic) => !plan.topics.some((filter) => filter === topic || matches(filter, topic)),
      );
      if (outside === undefined) continue;
      problems.push({
        device: device.id,
        what: {
          zh: `主题 ${outside} 不在连接 ${plan.device.id} 的 topics 里`,
          en: `its topic ${outside} is not among the topics of ${plan.device.id}`,
        },
        fix: {
          zh: `在 ${plan.device.id} 的 topics 里加上它`,
          en: `add it to the topics of ${plan.device.id}`,
        },
      });
    }
  }
  return problems;
}

/** Topics that are listened to; a list at the device stands for those of its profile. */
function heardOn(device: MqttDevice): string[] {
  const general = device.points.length > 0 && device.address.topics === undefined;
  const patterns = general ? topicPatterns(device) : ownPatterns(device);
  return patterns.flatMap((pattern) => fillTopic(pattern, device.id, device.address.friendly) ?? []);
}

/** Two devices behind one connection that would take the same value of the same message. */
function confused(plans: ConnectionPlan[]): KindProblem[] {
  return plans.flatMap(({ devices }) => confusedBy(devices, intakeTopics));
}

/** @param topicsOf exact names on which a device is heard */
export function confusedBy(
  devices: readonly MqttDevice[],
  topicsOf: (device: MqttDevice) => string[],
): KindProblem[] {
  const owners = new Map<string, string>();
  const told = new Set<string>();
  return devices.flatMap((device) =>
    topicsOf(device).flatMap((topic) =>
      placesOn(device, topic).flatMap(({ path, name }): KindProblem[] => {
        const place = JSON.stringify([topic, path, name]);
        const first = owners.get(place) ?? device.id;
        owners.set(place, first);
        if (first === device.id || told.has(device.id)) return [];
        told.add(device.id);
        return [
          {
            device: device.id,
            what: {
              zh: `与 ${first} 读的是同一个主题 ${topic} 里的同一个值`,
              en: `it takes the same value of the same topic ${topic} as ${first}`,
            },
            fix: {
              zh: "给两台不同的主题，或不同的 friendly",
              en: "give them different topics, or different friendly names",
            },
          },
        ];
      }),
    ),
  );
}

/** Of values: several may hang on what one says about being there. */
const placesOn = (device: MqttDevice, topic: string) =>
  pointsOn(device, topic).flatMap(({ places }) => places.filter(({ availability }) => availability !== true));

function overlaps(plans: ConnectionPlan[]): KindProblem[] {
  const problems: KindProblem[] = [];
  const owners = new Map<string, string>();
  const wild: { filter: string; owner: string }[] = [];
  const told = new Set<string>();
  const name = (plan: ConnectionPlan) => plan.device?.id ?? plan.devices[0]?.id ?? "";
  const tell = (owner: string, other: string, topic: string) => {
    if (owner === other || told.has(`${owner} ${other}`)) return;
    told.add(`${owner} ${other}`);
    problems.push({
      device: other,
      key: "topics",
      what: { zh: `主题 ${topic} 也属于 ${owner}`, en: `the topic ${topic} also belongs to ${owner}` },
      fix: {
        zh: "每个主题只归一个连接；缩小其中一个的 topics",
        en: "a topic belongs to one connection: narrow the topics of one of them",
      },
    });
  };
  // Exact names meet in a map, so that a thousand devices are not compared pairwise.
  for (const plan of plans) {
    for (const topic of plan.topics.filter((filter) => !/[+#]/.test(filter))) {
      const first = owners.get(topic);
      if (first === undefined) owners.set(topic, name(plan));
      else tell(first, name(plan), topic);
    }
  }
  for (const plan of plans) {
    for (const filter of plan.topics.filter((topic) => /[+#]/.test(topic))) {
      for (const other of wild) if (overlap(other.filter, filter)) tell(other.owner, name(plan), filter);
      for (const [topic, owner] of owners) if (matches(filter, topic)) tell(owner, name(plan), filter);
      wild.push({ filter, owner: name(plan) });
    }
  }
  return problems;
}
