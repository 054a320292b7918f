"""A graph as vector instructions, in the loops of posse.kernels.nest.

    emit(builder, program, places, width, job)

A vector holds `width` points. The last vector of a row reaches back over points that the one before has solved, to
the same numbers, so nothing is left over. The second may reach back too, so that from there on vectors of the first
parameter begin at multiples of their size. Arithmetic is strict: the same bits for every width and every nest.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from llvmlite import ir
from numba.core import cgutils

from posse.kernels.graph import Number
from posse.kernels.nest import INNER, MIDDLE, OUTER, levels
from posse.kernels.program import Program
from posse.kernels.schedule import schedule

KEPT = 24 * 1024  # bytes, at most, of what is kept for the rows along the middle axis: it stays in the nearest cache
AHEAD = 64  # numbers of a parameter after those at hand, which are asked for: lists of points outrun the caches

_REAL, _TRUTH, _WHOLE = ir.DoubleType(), ir.IntType(1), ir.IntType(64)
_TYPES = {"real": _REAL, "truth": _TRUTH, "whole": _WHOLE}
_STORED = {"float64": _REAL, "float32": ir.FloatType(), "uint8": ir.IntType(8), "uint16": ir.IntType(16)}

Values = dict[int, ir.Value]  # of the numbers of a graph, by index


@dataclass(frozen=True)
class Job:
    """One step of the outer loop, in LLVM's values: addresses and counts, int64.

    held: address of the values of the OUTER parameters. start: position of the first point.
    middle: address of the values of the MIDDLE parameters, `steps` of each; `stride` points from step to step.
    inner: address of the addresses of the values of the INNER parameters, `row` of each.
    out: address of the addresses of the results.
    """

    held: ir.Value
    start: ir.Value
    middle: ir.Value
    steps: ir.Value
    stride: ir.Value
    inner: ir.Value
    row: ir.Value
    out: ir.Value


def emit(builder: ir.IRBuilder, program: Program, places: Sequence[int], width: int, job: Job) -> None:
    """Instructions that solve all points behind one step of the outer loop."""
    _Loops(builder, program, places, width, job).outer()


class _Loops:
    """The middle and the inner loop, and what is computed before, between and in them."""

    def __init__(self, builder: ir.IRBuilder, program: Program, places: Sequence[int], width: int, job: Job) -> None:
        self.builder, self.program, self.job, self.arithmetic = builder, program, job, _Arithmetic(builder, width)
        if MIDDLE not in places:  # then nothing is shared between rows
            places = [MIDDLE | INNER if place == INNER else place for place in places]
        level = levels(program.graph, places)
        needed = program.graph.needed(program.results)
        self.numbers = {k: schedule([n for n in needed if level[n.index] == k]) for k in range(4)}
        # What is computed once for all rows along the middle axis, and which part of it is kept to be read there.
        final = self.numbers[MIDDLE | INNER]
        read = {a.index for n in final for a in n.arguments} | {n.index for n in program.results}
        self.kept = [n for n in self.numbers[INNER] if n.index in read and n.op != "parameter"]
        self.again = [n for n in self.numbers[INNER] if n.index in read and n.op == "parameter"]
        self.places = places

    def outer(self) -> None:
        whole, job, b = self.arithmetic.whole, self.job, self.builder
        self.rows = self.addresses(job.inner, [_REAL] * sum(place & INNER > 0 for place in self.places))
        self.targets = self.addresses(job.out, [_STORED[dtype.name] for dtype in self.program.dtypes])
        values = self.scalars({}, OUTER, job.held, whole(1), whole(0))
        width = self.arithmetic.width
        # Vectors lie as if the row began so many numbers earlier; what would be outside is pulled into it.
        self.lead = whole(0) if self.kept or not self.rows else self.past_a_vector(self.rows[0])
        vectors = b.sdiv(b.add(b.add(job.row, self.lead), whole(width - 1)), whole(width))
        if not self.kept:
            self.middle(values, whole(0), vectors, [])
            return
        bytes_kept = sum(width * (1 if n.kind == "truth" else 8) for n in self.kept)
        chunk = max(1, KEPT // bytes_kept)
        kept = [cgutils.alloca_once(b, ir.ArrayType(self.arithmetic.vector(n.kind), chunk)) for n in self.kept]
        with cgutils.for_range(b, b.sdiv(b.add(vectors, whole(chunk - 1)), whole(chunk))) as loop:
            first = b.mul(loop.index, whole(chunk))
            rest = b.sub(vectors, first)
            count = b.select(b.icmp_signed("<", rest, whole(chunk)), rest, whole(chunk))
            with self.along_row(first, count) as (slot, offset):
                found = self.vectors(values, self.numbers[INNER], offset)
                for number, place in zip(self.kept, kept, strict=True):
                    b.store(found[number.index], b.gep(place, [whole(0), slot]))
            self.middle(values, first, count, kept)

    def middle(self, values: Values, first: ir.Value, count: ir.Value, kept: list[ir.Value]) -> None:
        """Vectors `first` to first + count of all rows along the middle axis."""
        job, b = self.job, self.builder
        with cgutils.for_range(b, job.steps) as loop:
            values = self.scalars(values, MIDDLE, job.middle, job.steps, loop.index)
            start = b.add(job.start, b.mul(loop.index, job.stride))
            with self.along_row(first, count) as (slot, offset):
                there = {
                    number.index: b.load(b.gep(place, [self.arithmetic.whole(0), slot]))
                    for number, place in zip(self.kept, kept, strict=True)
                }
                found = self.vectors(values | there, self.again + self.numbers[MIDDLE | INNER], offset)
                self.store(found, b.add(start, offset))

    @contextmanager
    def along_row(self, first: ir.Value, count: ir.Value) -> Iterator[tuple[ir.Value, ir.Value]]:
        """A loop over vectors: the number of each, from 0, and the position of its first point in the row."""
        b, width = self.builder, self.arithmetic.whole(self.arithmetic.width)
        zero, last = self.arithmetic.whole(0), b.sub(self.job.row, width)
        with cgutils.for_range(b, count) as loop:
            offset = b.sub(b.mul(b.add(first, loop.index), width), self.lead)
            offset = b.select(b.icmp_signed(">", offset, zero), offset, zero)
            yield loop.index, b.select(b.icmp_signed("<", offset, last), offset, last)

    def past_a_vector(self, values: ir.Value) -> ir.Value:
        """How many numbers past a multiple of the vector's size an array begins.

        Large arrays of NumPy all begin 16 bytes past a page. Vectors of 64 bytes would reach over two lines of the
        caches each, and a line would be gone before it is read again, for those of all arrays compete for few places.
        """
        b, whole = self.builder, self.arithmetic.whole
        return b.and_(b.lshr(b.ptrtoint(values, _WHOLE), whole(3)), whole(self.arithmetic.width - 1))

    def addresses(self, table: ir.Value, types: Sequence[ir.Type]) -> list[ir.Value]:
        """The addresses in a table, as pointers."""
        b, whole = self.builder, self.arithmetic.whole
        entries = b.inttoptr(table, _WHOLE.as_pointer())
        return [b.inttoptr(b.load(b.gep(entries, [whole(k)])), t.as_pointer()) for k, t in enumerate(types)]

    def scalars(self, values: Values, loop: int, table: ir.Value, stride: ir.Value, step: ir.Value) -> Values:
        """With the numbers that change in this loop: parameter k of it is number k · stride + step of the table."""
        b, found = self.builder, dict(values)
        entries = b.inttoptr(table, _REAL.as_pointer())
        positions = [k for k, place in enumerate(self.places) if place == loop]
        for number in self.numbers[loop]:
            if number.op == "parameter":
                k = self.arithmetic.whole(positions.index(number.value))
                found[number.index] = b.load(b.gep(entries, [b.add(b.mul(k, stride), step)]))
            else:
                found[number.index] = self.arithmetic.scalar(number, found)
        return found

    def vectors(self, values: Values, numbers: Sequence[Number], offset: ir.Value) -> Values:
        """With these numbers, which change along a row."""
        b, found = self.builder, dict(values)
        positions = [k for k, place in enumerate(self.places) if place & INNER]
        for number in numbers:
            if number.op == "parameter":
                place = b.gep(self.rows[positions.index(number.value)], [offset])
                vector = b.bitcast(place, self.arithmetic.vector("real").as_pointer())
                found[number.index] = b.load(vector, align=8)
                self.arithmetic.prefetch(place)
            else:
                found[number.index] = self.arithmetic.vectorial(number, found)
        return found

    def store(self, values: Values, position: ir.Value) -> None:
        b, a = self.builder, self.arithmetic
        for number, dtype, target in zip(self.program.results, self.program.dtypes, self.targets, strict=True):
            value = a.spread(values[number.index])
            kind = ir.VectorType(_STORED[dtype.name], a.width)
            if dtype.kind == "u":
                value = b.fptoui(value, kind)
            elif dtype.itemsize < 8:
                value = b.fptrunc(value, kind)
            b.store(value, b.bitcast(b.gep(target, [position]), kind.as_pointer()), align=dtype.itemsize)


class _Arithmetic:
    """Instructions for the operations of a graph, on single numbers and on vectors of `width`."""

    def __init__(self, builder: ir.IRBuilder, width: int) -> None:
        self.builder, self.width = builder, width

    def whole(self, value: int) -> ir.Constant:
        return ir.Constant(_WHOLE, value)

    def vector(self, kind: str) -> ir.VectorType:
        return ir.VectorType(_TYPES[kind], self.width)

    def spread(self, value: ir.Value) -> ir.Value:
        """A vector of a single number; a vector as it is."""
        if isinstance(value.type, ir.VectorType):
            return value
        kind = ir.VectorType(value.type, self.width)
        if isinstance(value, ir.Constant):
            return ir.Constant(kind, [value.constant] * self.width)
        b = self.builder
        first = b.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), self.width), [0] * self.width)
        return b.shuffle_vector(first, ir.Constant(kind, ir.Undefined), everywhere)

    def scalar(self, number: Number, values: Values) -> ir.Value:
        if number.op == "constant":
            return ir.Constant(_TYPES[number.kind], number.value)
        return self.apply(number, [values[a.index] for a in number.arguments])

    def vectorial(self, number: Number, values: Values) -> ir.Value:
        return self.apply(number, [self.spread(values[a.index]) for a in number.arguments])

    def apply(self, number: Number, arguments: list[ir.Value]) -> ir.Value:
        b, op = self.builder, number.op
        if number.arguments[0].kind == "whole" and op in ("add", "subtract"):
            return (b.add if op == "add" else b.sub)(*arguments)
        if op in ("<", "<=", ">", ">=", "=="):
            return b.fcmp_ordered(op, *arguments)
        if op == "!=":
            return b.fcmp_unordered(op, *arguments)
        if op in ("bits", "from bits"):
            kind = _TYPES[number.kind]
            one = isinstance(arguments[0].type, ir.VectorType)
            return b.bitcast(arguments[0], ir.VectorType(kind, self.width) if one else kind)
        if op in ("fuse", "absolute"):
            return self.intrinsic({"fuse": "fma", "absolute": "fabs"}[op], arguments)
        return {
            "add": b.fadd, "subtract": b.fsub, "multiply": b.fmul, "divide": b.fdiv, "negate": b.fneg,
            "and": b.and_, "or": b.or_, "choose": b.select, "shift left": b.shl, "shift right": b.ashr,
        }[op](*arguments)  # fmt: skip

    def prefetch(self, place: ir.Value) -> None:
        """Ask for what lies AHEAD of a place; beyond the end of an array that does no harm."""
        number = ir.IntType(32)
        line = self.builder.bitcast(self.builder.gep(place, [self.whole(AHEAD)]), ir.IntType(8).as_pointer())
        signature = ir.FunctionType(ir.VoidType(), [line.type, number, number, number])
        function = cgutils.get_or_insert_function(self.builder.module, signature, "llvm.prefetch.p0i8")
        # To read, data, into the second cache: from the nearest they would push each other out before they are needed.
        self.builder.call(function, [line, number(0), number(2), number(1)])

    def intrinsic(self, name: str, arguments: list[ir.Value]) -> ir.Value:
        kind = arguments[0].type
        suffix = f"v{self.width}f64" if isinstance(kind, ir.VectorType) else "f64"
        signature = ir.FunctionType(kind, [kind] * len(arguments))
        function = cgutils.get_or_insert_function(self.builder.module, signature, f"llvm.{name}.{suffix}")
        return self.builder.call(function, arguments)
