/**
 * `simulate`: the devices of a school and a stand-in platform on this machine, for a gateway that is run beside it; and
 * what goes wrong in it, by hand.
 */
import { exit, type Options, type Setting } from "../io.ts";
import { makeFault } from "./simulate/fault.ts";
import { known, sceneNamed } from "./simulate/scene.ts";
import { folderFor, runSchool } from "./simulate/school.ts";

export async function command(setting: Setting, options: Options): Promise<number> {
  const { argument, second } = options;
  if (argument === "fault") return makeFault(setting, options, second);
  if (typeof argument !== "string") {
    for (const name of known()) setting.out(name);
    setting.out(
      setting.say({
        zh: "campus-edge simulate 名字（或自己的 .yaml 文件）开始；--into 写配置的文件夹",
        en: "campus-edge simulate NAME (or a .yaml file of your own) starts one; --into is the folder for its configuration",
      }),
    );
    return exit.well;
  }
  const scene = sceneNamed(setting, argument);
  const into = scene === null ? null : folderFor(setting, options);
  return scene === null || into === null ? exit.cannot : runSchool(setting, scene, into);
}
