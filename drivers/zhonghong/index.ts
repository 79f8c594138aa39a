/** The driver of ZhongHong gateways: air conditioners of several rooms behind one box. */
import type { Driver } from "../contract/index.ts";
import type {
  ZhonghongAction,
  ZhonghongAddress,
  ZhonghongLink,
  ZhonghongProfile,
  ZhonghongSource,
} from "./fields.ts";
import { zhonghongKind } from "./schema.ts";
import { ZhonghongScrubber } from "./scrubber.ts";
import { ZhonghongSession } from "./session.ts";

export const zhonghongDriver: Driver<
  ZhonghongLink,
  ZhonghongAddress,
  ZhonghongProfile,
  ZhonghongSource,
  ZhonghongAction
> = {
  kind: zhonghongKind,
  open: (link, devices, context, signal) => ZhonghongSession.open(link, devices, context, signal),
  scrubber: (link, devices, context) => new ZhonghongScrubber(link, devices, context),
};
