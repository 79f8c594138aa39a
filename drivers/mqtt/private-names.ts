/** Names of members of a message: what they say of what is under them, and of whom they speak themselves. Pure. */
import { isForbiddenName } from "./forbidden.ts";
import { isPlain } from "./plain-words.ts";

const kinds =
  /^(?:人脸|面部|脸部|指纹|掌纹|虹膜|声纹|语音|录音|照片|相片|图片|图像|头像|抓拍|姓名|学生姓名|教师姓名|名字|身份证|身份证号|证件号|手机|手机号|电话|电话号码)$/;
const secretWords = new Set(
  (
    "card cards cardno uid rfid nfc tag pin pwd password passwd pass passcode psk key token secret user usr login auth " +
    "account credential ssid bssid mac macaddr sn serial serialno imei imsi iccid meid qr qrcode barcode email mail ip " +
    "ipaddress addr address host hostname dns netmask owner who"
  ).split(" "),
);

/** What stands under it is somebody's, however short it is: `cardNo`, `Wifi.SSId`, `pin`, 卡号. */
export function isPrivateName(name: string): boolean {
  if (/卡号|密码|账号|用户|序列号|地址|学号|工号|编号/.test(name)) return true;
  const split = name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/);
  return split.some((word) => secretWords.has(word)) || secretWords.has(split.join(""));
}

const people = new Set(
  "id no card number name user person people student pupil teacher staff parent guardian holder of".split(
    " ",
  ),
);

/** A name that is refused for its kind and says nothing else: `face`, `idCard`, `student_name`, 姓名. */
export function saysNobody(name: string): boolean {
  if (kinds.test(name)) return true;
  if (!/^[A-Za-z_ -]{1,32}$/.test(name)) return false;
  const split = name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/);
  return split.every((word) => word === "" || people.has(word) || isPlain(word) || isForbiddenName(word));
}
