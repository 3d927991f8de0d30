package child

import "bytes"

// maxLine is how much of a line is looked at.
const maxLine = 4096

// lines cuts output into lines as people see them, without escape sequences
// (ECMA-48). Its zero value is ready to use, and it keeps at most one line.
type lines struct {
	state state
	line  []byte
	long  bool // the line is longer than what is kept of it
}

// state is where in an escape sequence the output is.
type state int

const (
	plain   state = iota
	escape        // after ESC
	control       // in a control sequence: ESC [
	text          // in a string, such as the target of a link: ESC ]
	textEsc       // after ESC in such a string
	charset       // before the last byte of a sequence of three, such as ESC ( B
)

// add adds output and calls found for each line that is complete.
func (l *lines) add(output []byte, found func(line string)) {
	for _, c := range output {
		if c == '\n' {
			l.state = plain // a sequence that does not end must not hide the rest
		}
		switch next := l.state.after(c); {
		case l.state == control && next == plain && c != 'm':
			l.char(' ', found) // it moves the cursor: words before and after it are apart
			l.state = next
		case l.state != plain || next != plain:
			l.state = next
		default:
			l.char(c, found)
		}
	}
}

// after returns the state after a byte.
func (s state) after(c byte) state {
	switch {
	case s == plain && c == 0x1b:
		return escape
	case s == escape && c == '[':
		return control
	case s == escape && bytes.IndexByte([]byte("]PX^_"), c) >= 0:
		return text
	case s == escape && c >= 0x20 && c <= 0x2f:
		return charset
	case s == control && (c < 0x40 || c > 0x7e):
		return control
	case s == text && c == 0x1b:
		return textEsc
	case s == text && c != 0x07, s == textEsc && c != '\\':
		return text
	}
	return plain
}

// char adds a byte that is not part of an escape sequence.
func (l *lines) char(c byte, found func(line string)) {
	switch {
	case c == '\n' || c == '\r':
		l.end(found)
	case l.long:
	case len(l.line) == maxLine:
		// The last word is perhaps not whole.
		l.line, l.long = l.line[:bytes.LastIndexAny(l.line, " \t")+1], true
	case c >= 0x20 || c == '\t':
		l.line = append(l.line, c)
	}
}

// end ends a line.
func (l *lines) end(found func(line string)) {
	if len(l.line) > 0 {
		found(string(l.line))
	}
	l.line, l.long = l.line[:0], false
}
