# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run by gdb, with a kernel's debug file and its stub: what gdb says of the types and
expressions in the file SONDE_ASK, as JSON into the file SONDE_TOLD. See system/dwarf."""

import json
import os

import gdb      # pylint: disable=import-error


def members(named, prefix=""):
    """NAME: [offset in bits, size in bits] of each member, those of anonymous ones too, but
    no bit-fields, which have no address."""
    found = {}
    for field in named.strip_typedefs().fields():
        if not hasattr(field, "bitpos"):
            continue
        inner = field.type.strip_typedefs()
        if not field.name and inner.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
            for name, (offset, size) in members(inner).items():
                found[prefix + name] = [field.bitpos + offset, size]
        elif field.name and not field.bitsize:
            found[prefix + field.name] = [field.bitpos, 8 * field.type.sizeof]
    return found


def value(expression):
    """An integer, or a string for an array of characters."""
    found = gdb.parse_and_eval(expression)
    kind = found.type.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_ARRAY:
        return found.string()
    return int(found)


def told(function, asked):
    """What gdb answers, or null for what it cannot."""
    try:
        return function(asked)
    except (gdb.error, UnicodeDecodeError, ValueError):
        return None


def variables_here():
    """[function, name, value or null] of what is in scope where the CPU stands, inlined
    functions first."""
    found, frame = [], gdb.newest_frame()
    while frame is not None:
        block = frame.block()
        while block is not None:
            for symbol in block:
                if symbol.is_variable or symbol.is_argument:
                    each = symbol.value(frame)
                    found.append([frame.name(), symbol.name,
                                  None if each.is_optimized_out else told(int, each)])
            if block.function:
                break
            block = block.superblock
        if frame.type() != gdb.INLINE_FRAME:
            break
        frame = frame.older()
    return found


with open(os.environ["SONDE_ASK"], encoding="utf-8") as ask:
    questions = json.load(ask)
answers = {
    "types": {name: told(lambda each: [gdb.lookup_type(each).sizeof,
                                       members(gdb.lookup_type(each))], name)
              for name in questions["types"]},
    "values": {text: told(value, text) for text in questions["values"]},
    "variables": {name: told(lambda each: str(gdb.parse_and_eval(each).type), name)
                  for name in questions["variables"]},
    "here": variables_here(),
}
# Scalars of what lies at an address: more questions of the same kind.
for text in questions["objects"]:
    for name in members(gdb.parse_and_eval(text).type):
        kind = told(lambda each: gdb.parse_and_eval(each).type.strip_typedefs().code,
                    f"({text}).{name}")
        expression = f"({text}).{name}"
        if kind == gdb.TYPE_CODE_ENUM:
            expression = f"(int){expression}"
        if kind in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL):
            answers["values"][expression] = told(value, expression)
with open(os.environ["SONDE_TOLD"], "w", encoding="utf-8") as tell:
    json.dump(answers, tell)
