"""Regular expressions for the parts of programs that have a colour. Each takes time linear in the text.

The rule for every expression here: it fails after a bounded number of characters, or it consumes all that it examined.
Possessive quantifiers (`*+`) never go back, and what is opened but not closed lasts until the end of its line or of
the text. So no program, however hostile, costs more than its length, and tests measure that for every language.
Highlighters made for one's own code, Pygments among them, take quadratic time on text as plain as line feeds.
"""

from __future__ import annotations

SLASH_COMMENT = r"//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?"
HASH_COMMENT = r"#[^\n]*+"
# PHP's attributes start like a comment.
PHP_COMMENT = r"#(?!\[)[^\n]*+"
RUBY_COMMENT = r"#[^\n]*+|(?m:^)=begin\b[^\n]*+(?:\n(?!=end\b)[^\n]*+)*+(?:\n=end)?"

DOUBLE = r'"(?:[^"\\\n]++|\\[\s\S])*+"?'
SINGLE = r"'(?:[^'\\\n]++|\\[\s\S])*+'?"
MANY_LINES_DOUBLE = r'"(?:[^"\\]++|\\[\s\S])*+"?'
MANY_LINES_SINGLE = r"'(?:[^'\\]++|\\[\s\S])*+'?"
# A character, not what else starts with an apostrophe: lifetimes of Rust, type variables, digits of C++.
CHARACTER = r"'(?:\\[^\n]{1,10}?|[^'\\\n])'"
TEMPLATE = r"`(?:[^`\\]++|\\[\s\S])*+`?"
RAW_BACKTICK = r"`[^`]*+`?"
TRIPLE_DOUBLE = r'"""(?:[^"\\]++|\\[\s\S]|"(?!""))*+(?:""")?'
TRIPLE_SINGLE = r"'''(?:[^'\\]++|\\[\s\S]|'(?!''))*+(?:''')?"
RAW_TRIPLE = r'"""(?:[^"]++|"(?!""))*+"*+'
PYTHON_PREFIX = r"[rRbBuUfF]{0,2}"
CPP_RAW = r'R"\((?:[^)]++|\)(?!"))*+(?:\)")?'
RUST_RAW = r'b?r#"(?:[^"]++|"(?!#))*+(?:"#)?|b?r"[^"]*+"?'
CSHARP_VERBATIM = r'\$?@\$?"(?:[^"]++|"")*+"?'
RUBY_SYMBOL = r"(?<![:\w]):[A-Za-z_]\w*+[?!]?"
# A slash is a division where something stands before it.
REGEXP = (
    r"(?:(?<=[(=,:;\[!&|?{\n])|(?<=[(=,:!&|?] )|(?<=return ))"
    r"/(?![/*])(?:[^/\\\[\n]++|\\[^\n]|\[(?:[^\]\\\n]++|\\[^\n])*+\]?)*+/?\w*+"
)

DIRECTIVE = r"#[ \t]*+(?:include[ \t]*+(?:<[^>\n]*+>?)?|[a-z]\w*+)"
ANNOTATION = r"@[A-Za-z_][\w.]*+"
SWIFT_DIRECTIVE = r"[@#][A-Za-z_]\w*+"
RUST_ATTRIBUTE = r"#!?\[[^\]\n]*+\]?|'[A-Za-z_]\w*+"
PHP_TAG = r"<\?(?:php\b|=)?|\?>|#\[[^\]\n]*+\]?"

NUMBER = r"0[xXbBoO][\da-fA-F_]++\w*+|\d++(?:['_]\d++)*+(?:\.\d++(?:_\d++)*+)?(?:[eE][+-]?\d++)?\w*+"
WORD = r"[^\W\d]\w*+"
# Names that are no words: they keep the text's colour, whatever word follows the sign.
PHP_VARIABLE = r"\$\w++"
RUBY_VARIABLE = r"(?:\$|@@?)[A-Za-z_]\w*+"
