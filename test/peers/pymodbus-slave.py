"""A slave made by pymodbus, for tests: every type in every order, laid out by its own payload builder.

usage: pymodbus-slave.py tcp HOST PORT | rtu PATH BAUD
Prints one JSON line (what lies where) when it is about to serve; ends with its standard input.
"""

import asyncio
import json
import os
import sys
import threading

from pymodbus.constants import Endian
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.payload import BinaryPayloadBuilder
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer

UNIT = 7
ORDERS = {
    "ABCD": (Endian.Big, Endian.Big),
    "CDAB": (Endian.Big, Endian.Little),
    "BADC": (Endian.Little, Endian.Big),
    "DCBA": (Endian.Little, Endian.Little),
}
VALUES = [
    ("int16", "add_16bit_int", -12345),
    ("uint16", "add_16bit_uint", 54321),
    ("int32", "add_32bit_int", -1234567890),
    ("uint32", "add_32bit_uint", 4000000001),
    ("float32", "add_32bit_float", -123.5),
    ("int64", "add_64bit_int", -1234567890123456789),
    ("uint64", "add_64bit_uint", 12345678901234567890),
    ("float64", "add_64bit_float", 1234567.890625),
]


def layout():
    """Registers, and what lies where in them."""
    registers, said = [], []
    for order, (byte_order, word_order) in ORDERS.items():
        for kind, add, value in VALUES:
            builder = BinaryPayloadBuilder(byteorder=byte_order, wordorder=word_order)
            getattr(builder, add)(value)
            said.append({"address": len(registers), "type": kind, "order": order, "value": str(value)})
            registers += builder.to_registers()
            registers += [0] * (len(registers) % 3)
    text = BinaryPayloadBuilder(byteorder=Endian.Big, wordorder=Endian.Big)
    text.add_string("SN-042 A")
    said.append({"address": len(registers), "type": "text", "order": "ABCD", "value": "SN-042 A"})
    registers += text.to_registers()
    return registers, said


async def serve():
    registers, said = layout()
    coils = [n % 3 == 0 for n in range(40)]
    slave = ModbusSlaveContext(
        co=ModbusSequentialDataBlock(0, coils),
        di=ModbusSequentialDataBlock(0, [not coil for coil in coils]),
        hr=ModbusSequentialDataBlock(0, registers),
        ir=ModbusSequentialDataBlock(0, list(reversed(registers))),
        zero_mode=True,
    )
    context = ModbusServerContext(slaves={UNIT: slave}, single=False)
    print(json.dumps({"unit": UNIT, "points": said, "registers": len(registers), "coils": coils}), flush=True)
    kind, place, last = sys.argv[1:4]
    if kind == "tcp":
        await StartAsyncTcpServer(context=context, address=(place, int(last)))
    else:
        await StartAsyncSerialServer(context=context, framer=ModbusRtuFramer, port=place, baudrate=int(last))


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
asyncio.run(serve())
