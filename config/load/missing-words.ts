/**
 * What a key that may be missing is for, in Chinese, by what its schema says in English. A test finds those without.
 */
export const missingWords: Readonly<Record<string, string>> = {
  // Every link, device and uplink.
  "Protocol of the link": "线路走什么协议",
  "Protocol of the uplink": "上行走什么协议",
  "Device model: a profile": "设备型号",
  "What it hangs on: a link, a box or a bridge": "它挂在哪条线路或哪台设备上",
  // Of the protocols.
  "Its address in the network": "它的网络地址",
  "Its address in the network, or that of the gateway in front of it": "它的网络地址，或它前面网关的地址",
  "Its number on the line, 1 to 247, as set in the device": "它在线上的地址，1 到 247，与设备里设的一致",
  "Speed of the line; behind a serial server the one set on its page":
    "波特率，如 9600；经串口服务器的与它网页上的一致",
  "Data bits, parity, stop bits; behind a serial server those set on its page":
    "数据位、校验、停止位，如 8N1；经串口服务器的与它网页上的一致",
  'Address and port where devices connect, such as "[::]:8883"': '设备连接用的地址和端口，如 "[::]:8883"',
  "The school's broker, such as mqtts://192.168.10.5:8883; mqtt:// is not encrypted":
    "学校 MQTT 服务器的地址，如 mqtts://192.168.10.5:8883；mqtt:// 不加密",
  "The platform's broker, such as mqtts://iot.example.cn:8883; mqtt:// is not encrypted":
    "平台的地址，如 mqtts://iot.example.cn:8883；mqtt:// 不加密",
  "The platform's address up to /v1, such as https://cube.example.zj.cn/v1; http:// is not encrypted":
    "平台的地址，写到 /v1 为止，如 https://cube.example.zj.cn/v1；http:// 不加密",
  "Token that the platform gave this gateway, as secret:NAME": "平台发给本网关的令牌，写成 secret:名字",
  "Bytes with which each frame begins, in hexadecimal": "每一帧开头的字节，十六进制，如 FF 86",
  "Bytes of a whole frame; or where its length stands in it": "一帧有几个字节；或帧里写着长度的位置",
  "Where it stands, counted from 0": "它在帧里的位置，从 0 数起",
  "How a frame is known to be right; none: it has no checksum": "帧的校验；没有校验写 none",
  "sum8, sum16: sum of the bytes; negsum8: what makes their sum 0; xor8: exclusive or; crc16-modbus":
    "sum8、sum16：字节之和；negsum8：使和为 0 的数；xor8：异或；crc16-modbus",
  "Its first byte in the frame, counted from 0": "它在帧里的第一个字节，从 0 数起",
  "What it says: text of a code; number of a card as hex, decimal, facility (3 and 5 digits) or bits with parity; rdm6300 frames":
    "它说什么：text 码的内容；卡号的写法 hex、decimal、facility（3 位加 5 位）或带奇偶位的 bits；rdm6300 的帧",
  "TCP port of its devices, where they do not say another": "设备的 TCP 端口（设备自己没写时用它）",
  "Address of the box in front of it": "它前面透传盒的网络地址",
  "Its public key: Ed25519, base64 of its PEM's middle line":
    "它的公钥：Ed25519，PEM 文件 BEGIN 和 END 之间的那一行",
  "What it may ask for": "许它做什么，如 [power-off, 301-*/power-*]",
  "First and last day of each term":
    "每学期的第一天和最后一天，如 { 2026-2027-1: { from: 2026-09-01, to: 2027-01-22 } }",
  "Lessons of a day": '一天的节次，如 { 1: "08:10-08:50" }',
  "Weekday whose lessons it has": "上星期几的课，1 到 7",
  // School and rooms.
  "Institution code of the school, 10 digits": "学校（机构）标识码，10 位",
  "Name of this gateway, unique in the school": "本网关的名字，校内不重复，如 gw1",
  "Name of the school as people say it": "学校名称",
  "Loopback address and port of the school page, such as 127.0.0.1:8080":
    "本机网页的地址和端口，如 127.0.0.1:8080",
  "Building, such as JX1": "楼，如 JX1",
  "Floor: F01, or B01 below ground": "楼层，如 F01；地下写 B01",
  "One room, a range such as 101..108, or a list": "房间号，或范围如 101..108，或列表",
  "The template": "用哪个模板",
  "One room each: a list, or the name of a .csv file in the folder":
    "每间一行：列表，或文件夹里 .csv 文件的名字",
  "What a row gives; the one that space uses, else the first, is the room": "每行给出的参数，如 room",
  "Its devices; the id of each is room-key": "每间里的设备，编号是 房间-名字",
  "Short room id": "房间号",
  "Since when": "从哪天起，如 2026-09-01",
  "Serial number that the device must show": "设备应报出的序列号",
  "When the unit was replaced, such as 2026-10-12T15:20": "换表的时间，如 2026-10-12T15:20",
  "Why it was replaced": "为什么换",
  // Device models.
  "Id of the device model": "型号的编号",
  "Name in both languages": "中英文名称，如 { zh: 电表, en: Meter }",
  "How far it is proven: bytes made up, a capture is attached, seen in a school":
    "验证到什么程度：simulated 字节是编的，bench 附实机抓包，field 现场用过",
  "Driver that speaks to it": "用哪个驱动，如 modbus 或 mqtt",
  "Its points by their catalogue id": "它的测点，用目录里的名字，如 co2",
  "What it is, for people": "给人看的说明",
  "Value of each point in the catalogue's unit; null where it is no value":
    "每个测点应得的值（目录的单位），没有值写 null",
  "First register or bit, as on the wire: counted from 0, decimal or 0x…":
    "报文里的第一个寄存器或位：从 0 数起，十进制或 0x…",
  "Its number on the nameplate, 12 digits; zeros are put in front of a shorter one":
    "铭牌上的 12 位表号（通信地址），前面的 0 不要省",
  "Data identifier, 8 hexadecimal digits with DI3 in front, such as 02010100":
    "数据标识，8 位十六进制，DI3 在前，如 02010100",
  "Its digits as the standard has them, such as XXX.X; N for a number of something":
    "数字格式，照标准写，如 XXX.X；编号写 N",
  'What its low byte is for each speed, such as "9600": 1': '每种波特率的低字节，如 "9600": 1',
  'What is written for each speed, such as "9600": 3': '每种波特率写入的数，如 "9600": 3',
  'Of an inferred point: the power above which it is on, in W or kW, such as "> 15 W"':
    '推断的测点：功率高于多少算开，如 "> 15 W"',
  Register: "寄存器",
  "Topic on which it, or its bridge for it, says whether it is there": "设备或它的桥报告在线与否的主题",
  "unix-ms, unix-s: since 1970; iso: with offset; local: date and time of the zone":
    "时间的写法：unix-ms、unix-s 从 1970 起；iso 带时区；local 当地日期时间",
  "Where the value lies in the JSON payload: names separated by dots, quoted if they contain one":
    "值在 JSON 里的位置：名字用点隔开，名字里有点的加引号",
  "What is asked for it": "问它用哪个词，如 power",
  "Protocol that it speaks": "说哪种协议，如 samsung-mdc",
  "What is asked for it, by the word of its protocol": "问它用协议里的哪个词，如 power",
  "What is set, by the word of its protocol": "设协议里的哪一项，如 power",
  "Bytes that ask for it, such as AA 01 51 00": "问它的字节，如 AA 01 51 00",
  "What answers them: bytes, and .. for any byte": "回码，.. 是任意一个字节",
  "Which byte of the answer it is, counted from 0; write .. there":
    "是回码里第几个字节，从 0 数起，那里写 ..",
  "Bytes that are sent; ## is the argument": "发出的字节，## 是参数",
  "The word for the unit of this point": "这个点的单位在消息里的写法",
  "What is written, or a list of it: one after the other, as one command":
    "写什么，或一列：依次写，算一个命令，如 { address: 2, arg: mode }",
  "Number of the outdoor unit": "外机号",
  "Number of the indoor unit at it": "这台外机下的内机号",
  "Which part of a unit's status it is": "内机状态里的哪一项，如 power、mode 或 setpoint",
  "What is set": "设什么：power、temperature、mode 或 fan",
};
