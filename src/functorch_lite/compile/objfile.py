"""The undefined symbols of an object file in memory (ELF, Mach-O or COFF, 64 bit).

MCJIT aborts the process when a symbol does not resolve, so they are read before anything is loaded.
Formats: System V ABI, chapter 4; Apple's ``mach-o/loader.h`` and ``nlist.h``; Microsoft's PE/COFF
specification, section 5.4.
"""

import struct

__all__ = ["undefined_symbols"]


def undefined_symbols(data: bytes) -> frozenset[str]:
    """List the symbols that an object file needs from elsewhere.

    Parameters
    ----------
    data : bytes
        A relocatable object file, little endian and 64 bit, as LLVM emits it for the host.

    Returns
    -------
    frozenset of str
        Names as C spells them (without Mach-O's leading underscore).

    Raises
    ------
    ValueError
        If the format is unknown or the file is malformed.

    Examples
    --------
    >>> undefined_symbols(b"no object file")
    Traceback (most recent call last):
    ...
    ValueError: not an object file of a known format
    """
    try:
        if data[:6] == b"\x7fELF\x02\x01":
            return _elf(data)
        if data[:4] == b"\xcf\xfa\xed\xfe":
            return _macho(data)
        if data[:2] in (b"\x64\x86", b"\x64\xaa"):
            return _coff(data)
    except (struct.error, IndexError) as e:
        raise ValueError("malformed object file") from e
    raise ValueError("not an object file of a known format")


def _text(data: bytes, start: int) -> str:
    """Read the NUL-terminated string at an offset."""
    return data[start : data.index(b"\0", start)].decode("ascii")


def _elf(data: bytes) -> frozenset[str]:
    """Walk the symbol tables of an ELF64 file."""
    table, entry_size, count = (
        struct.unpack_from("<Q", data, 40)[0],
        *struct.unpack_from("<HH", data, 58),
    )
    # name, type, flags, address, offset, size, link, info, alignment, entry size
    sections = [
        struct.unpack_from("<IIQQQQIIQQ", data, table + i * entry_size) for i in range(count)
    ]
    found = set()
    for section in sections:
        if section[1] != 2:  # SHT_SYMTAB
            continue
        strings = sections[section[6]][4]
        for offset in range(section[4] + 24, section[4] + section[5], 24):  # the first one is null
            name, _info, _other, index = struct.unpack_from("<IBBH", data, offset)
            if index == 0:  # SHN_UNDEF
                found.add(_text(data, strings + name))
    return frozenset(found)


def _macho(data: bytes) -> frozenset[str]:
    """Walk the LC_SYMTAB of a 64-bit Mach-O file."""
    commands = struct.unpack_from("<I", data, 16)[0]
    offset, found = 32, set()
    for _ in range(commands):
        kind, size = struct.unpack_from("<II", data, offset)
        if kind == 2:  # LC_SYMTAB
            symbols, count, strings, _length = struct.unpack_from("<IIII", data, offset + 8)
            for i in range(count):
                name, type_, _sect, _desc = struct.unpack_from("<IBBH", data, symbols + 16 * i)
                if type_ & 0xE0 == 0 and type_ & 0x0E == 0:  # no debug entry, N_UNDF
                    found.add(_text(data, strings + name).removeprefix("_"))
        offset += size
    return frozenset(found)


def _coff(data: bytes) -> frozenset[str]:
    """Walk the symbol table of a COFF file."""
    table, count = struct.unpack_from("<II", data, 8)
    strings, found, i = table + 18 * count, set(), 0
    while i < count:
        offset = table + 18 * i
        zeros, name = struct.unpack_from("<II", data, offset)
        value, section, _type, storage, auxiliary = struct.unpack_from("<IhHBB", data, offset + 8)
        if section == 0 and value == 0 and storage == 2:  # IMAGE_SYM_CLASS_EXTERNAL
            short = data[offset : offset + 8].rstrip(b"\0").decode("ascii")
            found.add(short if zeros else _text(data, strings + name))
        i += 1 + auxiliary
    return frozenset(found)
