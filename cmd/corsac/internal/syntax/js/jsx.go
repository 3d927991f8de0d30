package js

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
)

// maxLooks is how often a file is searched in vain: for the closing tag of an
// element that may be a generic function, or the end of a regular expression
// that may be a division.
const maxLooks = 200

// genericArrow is the beginning of a generic function in TSX; elementName is that
// of a JSX element, and bareElement one that is followed by a parenthesis.
var (
	genericArrow = lazyregexp.New(`^<\s*(?:const\s+)?[A-Za-z_$][\w$]{0,100}\s*(?:,|extends\s+[^\s=>])`)
	elementName  = lazyregexp.New(`^<\s*(?:>|[A-Za-z_$])`)
	bareElement  = lazyregexp.New(`^<([A-Za-z_$][\w$]{0,100})>\(`)
)

// beginsJSX reports whether a < where an operand may come begins an element.
func (l *lexer) beginsJSX() bool {
	rest := l.rest()
	head := rest[:min(len(rest), 300)]
	if l.dialect == TypeScript || !elementName.MatchString(head) || genericArrow.MatchString(head) {
		return false
	}
	if m := bareElement.FindStringSubmatch(head); m != nil && l.dialect == TSX && l.looked < maxLooks {
		l.looked++
		return strings.Contains(rest, "</"+m[1])
	}
	return true
}

// children reads what stands between tags.
func (l *lexer) children() {
	rest := l.rest()
	switch n := strings.IndexAny(rest, "<{"); {
	case n > 0:
		l.take(JSXText, n)
	case n < 0:
		l.take(Bad, len(rest))
	case rest[0] == '{':
		l.embed()
	case strings.HasPrefix(rest, "</"):
		l.take(Punctuator, 1)
		l.push(frame{open: '/'})
	default:
		l.take(Punctuator, 1)
		l.push(frame{open: '<'})
	}
}

// tag reads a token inside of a tag.
func (l *lexer) tag() {
	rest := l.rest()
	top := &l.stack[len(l.stack)-1]
	switch c := rest[0]; {
	case c == '"' || c == '\'':
		if n := strings.IndexByte(rest[1:], c); n >= 0 {
			l.take(JSXText, n+2)
		} else {
			l.take(Bad, len(rest))
		}
	case c == '{':
		l.embed()
	case c == '<':
		top.depth++
		l.take(Punctuator, 1)
	case c == '>' && top.depth > 0:
		top.depth--
		l.take(Punctuator, 1)
	case c == '>':
		l.endTag()
	case isNameStart(rest):
		n := 1
		for n < len(rest) && (isNameByte(rest[n]) || rest[n] == '-' || rest[n] >= 0x80) {
			n++
		}
		l.take(Name, n)
	default:
		l.take(Punctuator, 1)
	}
}

// embed reads the { of an expression in an element.
func (l *lexer) embed() {
	l.take(Punctuator, 1)
	l.push(frame{open: '{'})
	l.operand = true
}

// endTag reads the > of a tag.
func (l *lexer) endTag() {
	closing := l.top().open == '/'
	empty := l.last == "/"
	l.take(Punctuator, 1)
	l.stack = l.stack[:len(l.stack)-1]
	switch {
	case closing:
		l.pop('>')
	case !empty:
		l.push(frame{open: '>'})
	}
	l.operand = false
}
