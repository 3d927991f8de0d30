package terminal

import (
	"bytes"
	"crypto/rand"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/internal/visible"
)

// Door is the only way out: whatever a command prints passes through the door of
// its stream. Of control characters, only newlines and tabs pass; see package
// visible for the others that are escaped. The styles of a [Palette] become
// escape sequences here, and nothing else does, whatever bytes come from outside.
// Users and passwords in URLs are masked, if a URL is written by one Write.
//
// A Door is the backstop. Who prints a value from outside in a line still makes
// it printable first, so that a newline in it does not begin a line.
type Door struct {
	mu   sync.Mutex
	out  io.Writer
	held []byte // the beginning of a character or a style
}

// NewDoor returns the door of a stream, or w itself if it is one.
func NewDoor(w io.Writer) *Door {
	if d, ok := w.(*Door); ok {
		return d
	}
	return &Door{out: w}
}

// Write implements [io.Writer]. A character may be split between two calls.
func (d *Door) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := p
	if len(d.held) > 0 {
		text = append(d.held, p...)
	}
	n := complete(text)
	_, err := d.out.Write(render(text[:n]))
	d.held = append([]byte(nil), text[n:]...)
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes what a later Write might have completed. The stream stays open.
func (d *Door) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.out.Write(render(d.held))
	d.held = nil
	return err
}

// Own returns the stream itself, for text that has nothing from outside: the
// progress bar.
func (d *Door) Own() io.Writer { return d.out }

// stream returns what is beyond a door.
func stream(s any) any {
	if d, ok := s.(*Door); ok {
		return d.out
	}
	return s
}

// seal begins a style. Nobody outside of this process can write it.
var seal = append([]byte{0}, rand.Text()...)

// style follows a seal.
type style byte

const (
	plain  style = '0'
	bad    style = 'r'
	good   style = 'g'
	notice style = 'y'
	strong style = 'b'
	faint  style = 'f'

	carriage style = 'c' // no style, but see Writer.Return
)

// sequences are the escape sequences of styles.
var sequences = map[style]string{
	plain: "\x1b[0m", bad: "\x1b[31;1m", good: "\x1b[32;1m", notice: "\x1b[33;1m", strong: "\x1b[1m", faint: "\x1b[2m",
	carriage: "\r",
}

// complete returns the length of text without the beginning of a character or
// of a style at its end.
func complete(text []byte) int {
	n := len(text)
	for i := n - 1; i >= 0 && i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRune(text[i:]) {
				n = i
			}
			break
		}
	}
	if i := bytes.LastIndexByte(text[:n], 0); i >= 0 && n-i <= len(seal) && bytes.HasPrefix(seal, text[i:n]) {
		n = i
	}
	return n
}

// render returns text as it may leave.
func render(text []byte) []byte {
	text = mask.Text(text)
	out := make([]byte, 0, len(text)+64)
	for len(text) > 0 {
		switch c := text[0]; {
		case c >= ' ' && c < 0x7f, c == '\n', c == '\t':
			out, text = append(out, c), text[1:]
		case c == 0 && bytes.HasPrefix(text, seal) && len(text) > len(seal):
			out = append(out, sequences[style(text[len(seal)])]...)
			text = text[len(seal)+1:]
		default:
			r, size := utf8.DecodeRune(text)
			if r == utf8.RuneError && size == 1 {
				r = rune(c) // not UTF-8, but a byte, which some terminals obey
			}
			out, text = visible.Append(out, r), text[size:]
		}
	}
	return out
}
