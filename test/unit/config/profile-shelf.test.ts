import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Profile } from "../../../config/load/profile.ts";
import { ProfileShelf } from "../../../config/load/profile-shelf.ts";

function shelf() {
  const read: string[] = [];
  const profiles = new ProfileShelf();
  const profile = (id: string) => ({ id }) as Profile;
  for (const id of ["b", "c"])
    profiles.later(id, () => {
      read.push(id);
      profiles.set(id, profile(id));
    });
  profiles.later("broken", () => void read.push("broken"));
  profiles.set("a", profile("a"));
  return { profiles, read };
}

describe("device models on the shelf", () => {
  it("are known by name before they are read, and read once, when somebody asks", () => {
    const { profiles, read } = shelf();
    expect([...profiles.keys()].sort()).toEqual(["a", "b", "broken", "c"]);
    expect([profiles.size, profiles.has("b"), profiles.has("x")]).toEqual([4, true, false]);
    expect(read).toEqual([]);
    expect(profiles.get("b")?.id).toBe("b");
    expect(profiles.get("b")?.id).toBe("b");
    expect(read).toEqual(["b"]);
    expect(profiles.get("broken")).toBeUndefined();
    expect(profiles.get("broken")).toBeUndefined();
    expect(read).toEqual(["b", "broken"]);
  });

  it.each([
    ["values", (profiles: ProfileShelf) => [...profiles.values()].map(({ id }) => id)],
    ["entries", (profiles: ProfileShelf) => [...profiles.entries()].map(([id]) => id)],
    ["itself", (profiles: ProfileShelf) => [...profiles].map(([id]) => id)],
    [
      "forEach",
      (profiles: ProfileShelf) => {
        const ids: string[] = [];
        profiles.forEach((_, id) => void ids.push(id));
        return ids;
      },
    ],
  ])("are all read by who walks through them by %s", (_, walk) => {
    const { profiles, read } = shelf();
    expect(walk(profiles).sort()).toEqual(["a", "b", "c"]);
    expect(read.sort()).toEqual(["b", "broken", "c"]);
    expect(profiles.size).toBe(3);
  });

  it("have their id in their first line, all that are built in", () => {
    const folder = join(import.meta.dirname, "../../../config/profiles");
    for (const file of readdirSync(folder)) {
      const [first] = readFileSync(join(folder, file), "utf8").split("\n");
      expect(first).toBe(`profile: ${file.replace(/\.yaml$/, "")}`);
    }
  });
});
