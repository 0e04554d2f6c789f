"""The languages that code is highlighted in: their lexical parts and their words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from web.rendering import lexical_parts as parts

# Kinds of coloured text. The names are those of the palette in `code_colours`.
COMMENT, KEYWORD, TYPE, FUNCTION, STRING, NUMBER, NOTE = (
    "comment", "keyword", "type", "function", "string", "number", "note",
)  # fmt: skip
WORD, PLAIN = "word", "plain"


class Syntax(NamedTuple):
    """A language: one expression whose named groups are kinds, and the kinds of its words."""

    pattern: re.Pattern[str]
    words: Mapping[str, str]


def _syntax(
    keywords: str, types: str = "", *, comment: str, string: str, note: str = "", plain: str = ""
) -> Syntax:
    """A syntax. Where two parts could start, the first in this order counts."""
    groups = {
        COMMENT: comment,
        STRING: string,
        NOTE: note,
        PLAIN: plain,
        NUMBER: parts.NUMBER,
        WORD: parts.WORD,
    }
    pattern = "|".join(f"(?P<{kind}>{expression})" for kind, expression in groups.items() if expression)
    words = dict.fromkeys(types.split(), TYPE) | dict.fromkeys(keywords.split(), KEYWORD)
    return Syntax(re.compile(pattern), words)


def _either(*expressions: str) -> str:
    return "|".join(expressions)


_C_STRINGS = _either(parts.DOUBLE, parts.CHARACTER)
_C_WORDS = (
    "auto break case const continue default do else enum extern for goto if inline register restrict return sizeof "
    "static struct switch typedef union volatile while true false NULL"
)
_C_TYPES = (
    "bool char double float int long short signed unsigned void size_t ssize_t int8_t int16_t int32_t int64_t "
    "uint8_t uint16_t uint32_t uint64_t"
)
_JAVASCRIPT_WORDS = (
    "async await break case catch class const continue debugger default delete do else export extends false finally "
    "for from function get if import in instanceof let new null of return set static super switch this throw true "
    "try typeof undefined var void while with yield"
)
_JAVASCRIPT_STRINGS = _either(parts.DOUBLE, parts.SINGLE, parts.TEMPLATE, parts.REGEXP)

SYNTAXES: Mapping[str, Syntax] = {
    "python": _syntax(
        "and as assert async await break case class continue def del elif else except finally for from global if "
        "import in is lambda match nonlocal not or pass raise return try while with yield True False None self",
        "bool bytes complex dict float frozenset int list object set str tuple type",
        comment=parts.HASH_COMMENT,
        string=parts.PYTHON_PREFIX
        + f"(?:{_either(parts.TRIPLE_DOUBLE, parts.TRIPLE_SINGLE, parts.DOUBLE, parts.SINGLE)})",
        note=parts.ANNOTATION,
    ),
    "c": _syntax(_C_WORDS, _C_TYPES, comment=parts.SLASH_COMMENT, string=_C_STRINGS, note=parts.DIRECTIVE),
    "cpp": _syntax(
        f"{_C_WORDS} alignas alignof and catch class co_await co_return co_yield concept const_cast consteval "
        "constexpr constinit decltype delete dynamic_cast explicit export final friend mutable namespace new "
        "noexcept not nullptr operator or override private protected public reinterpret_cast requires "
        "static_assert static_cast template this throw try typeid typename using virtual xor",
        f"{_C_TYPES} array bitset deque list map multimap multiset pair priority_queue queue set stack string "
        "tuple unordered_map unordered_set vector wchar_t",
        comment=parts.SLASH_COMMENT, string=_either(parts.CPP_RAW, _C_STRINGS), note=parts.DIRECTIVE,
    ),
    "java": _syntax(
        "abstract assert break case catch class continue default do else enum extends final finally for if "
        "implements import instanceof interface native new package permits private protected public record return "
        "sealed static strictfp super switch synchronized this throw throws transient try var volatile while yield "
        "true false null",
        "boolean byte char double float int long short void",
        comment=parts.SLASH_COMMENT, string=_either(parts.TRIPLE_DOUBLE, _C_STRINGS), note=parts.ANNOTATION,
    ),
    "javascript": _syntax(_JAVASCRIPT_WORDS, comment=parts.SLASH_COMMENT, string=_JAVASCRIPT_STRINGS),
    "typescript": _syntax(
        f"{_JAVASCRIPT_WORDS} abstract as asserts declare enum implements infer interface is keyof module namespace "
        "private protected public readonly satisfies type unique",
        "any bigint boolean never number object string symbol unknown",
        comment=parts.SLASH_COMMENT, string=_JAVASCRIPT_STRINGS, note=parts.ANNOTATION,
    ),
    "go": _syntax(
        "break case chan const continue default defer else fallthrough for func go goto if import interface map "
        "package range return select struct switch type var true false nil iota",
        "any bool byte complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 "
        "uint16 uint32 uint64 uintptr",
        comment=parts.SLASH_COMMENT, string=_either(_C_STRINGS, parts.RAW_BACKTICK),
    ),
    "csharp": _syntax(
        "abstract as async await base break case catch checked class const continue default delegate do else enum "
        "event explicit extern finally fixed for foreach get goto if implicit in init interface internal is lock "
        "namespace new operator out override params partial private protected public readonly record ref return "
        "sealed set sizeof stackalloc static struct switch this throw try typeof unchecked unsafe using value var "
        "virtual volatile when where while with yield true false null",
        "bool byte char decimal double dynamic float int long nint object sbyte short string uint ulong ushort void",
        comment=parts.SLASH_COMMENT, note=parts.DIRECTIVE,
        string=_either(parts.CSHARP_VERBATIM, parts.RAW_TRIPLE, _C_STRINGS),
    ),
    "kotlin": _syntax(
        "abstract actual annotation as break by catch class companion const constructor continue crossinline data do "
        "else enum expect external final finally for fun get if import in infix init inline inner interface internal "
        "is it lateinit noinline object open operator out override package private protected public reified return "
        "sealed set super suspend tailrec this throw try typealias val var vararg when where while true false null",
        comment=parts.SLASH_COMMENT, string=_either(parts.RAW_TRIPLE, _C_STRINGS), note=parts.ANNOTATION,
    ),
    "rust": _syntax(
        "as async await break const continue crate dyn else enum extern fn for if impl in let loop match mod move "
        "mut pub ref return self Self static struct super trait type union unsafe use where while true false",
        "bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize",
        comment=parts.SLASH_COMMENT, note=parts.RUST_ATTRIBUTE,
        string=_either(parts.RUST_RAW, parts.MANY_LINES_DOUBLE, parts.CHARACTER),
    ),
    "swift": _syntax(
        "actor any as associatedtype async await break case catch class continue convenience default defer deinit do "
        "else enum extension fallthrough fileprivate final for func get guard if import in indirect infix init inout "
        "internal is lazy let mutating nonisolated open operator override postfix prefix private protocol public "
        "repeat required rethrows return self Self set some static struct subscript super switch throw throws try "
        "typealias unowned var weak where while willSet didSet true false nil",
        comment=parts.SLASH_COMMENT, string=_either(parts.TRIPLE_DOUBLE, parts.DOUBLE), note=parts.SWIFT_DIRECTIVE,
    ),
    "ruby": _syntax(
        "alias and begin break case class def defined do else elsif end ensure extend false for if in include "
        "lambda loop module next nil not or private proc protected public raise redo require require_relative rescue "
        "retry return self super then true undef unless until when while yield attr_accessor attr_reader attr_writer",
        comment=parts.RUBY_COMMENT, plain=parts.RUBY_VARIABLE,
        string=_either(
            parts.MANY_LINES_DOUBLE, parts.MANY_LINES_SINGLE, parts.TEMPLATE, parts.RUBY_SYMBOL, parts.REGEXP
        ),
    ),
    "php": _syntax(
        "abstract and array as break callable case catch class clone const continue declare default do echo else "
        "elseif empty enum extends final finally fn for foreach function global goto if implements include "
        "include_once instanceof insteadof interface isset list match namespace new or print private protected "
        "public readonly require require_once return static switch this throw trait try unset use var while xor "
        "yield true false null TRUE FALSE NULL",
        "bool float int iterable mixed never object string void",
        comment=_either(parts.SLASH_COMMENT, parts.PHP_COMMENT), note=parts.PHP_TAG, plain=parts.PHP_VARIABLE,
        string=_either(parts.MANY_LINES_DOUBLE, parts.MANY_LINES_SINGLE),
    ),
    "scala": _syntax(
        "abstract case catch class def derives do else end enum export extends extension final finally for given if "
        "implicit import inline lazy match new object override package private protected return sealed super then "
        "this throw trait transparent try type using val var while with yield true false null",
        comment=parts.SLASH_COMMENT, string=_either(parts.RAW_TRIPLE, _C_STRINGS), note=parts.ANNOTATION,
    ),
}  # fmt: skip
