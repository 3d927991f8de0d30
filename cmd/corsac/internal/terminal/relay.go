package terminal

import "io"

// Relay passes on what another program prints for people: its text and its colours,
// and nothing else that a terminal obeys, such as what clears the screen or writes to
// the clipboard. It is not safe for concurrent use.
type Relay struct {
	door    *Door
	colours bool
	state   relayState
	held    []byte // the beginning of an escape sequence
}

// NewRelay returns a relay to a stream, with colours if the palette has them.
func NewRelay(w io.Writer, p Palette) *Relay { return &Relay{door: NewDoor(w), colours: p.colours} }

// relayState is what the next byte continues (ECMA-48 §5.4 and §8.3).
type relayState int

const (
	inText     relayState = iota
	inEscape              // after ESC
	inSequence            // after ESC [
	inString              // after ESC ] and the like, until BEL or ESC \
)

// maxSequence bounds an escape sequence that sets colours.
const maxSequence = 64

// Write implements [io.Writer].
func (r *Relay) Write(p []byte) (int, error) {
	text := make([]byte, 0, len(p))
	for _, c := range p {
		switch r.state {
		case inText:
			switch c {
			case 0x1b:
				r.state, r.held = inEscape, append(r.held[:0], c)
			case '\r': // of \r\n, or of a line that is written again
			default:
				text = append(text, c)
			}
		case inEscape:
			r.held = append(r.held, c)
			switch {
			case c == '[':
				r.state = inSequence
			case c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_':
				r.state = inString
			case c < 0x20 || c > 0x2f: // those between come before a final byte
				r.state = inText
			}
		case inSequence:
			if len(r.held) < maxSequence {
				r.held = append(r.held, c)
			}
			if c < 0x40 || c > 0x7e {
				continue
			}
			r.state = inText
			if c == 'm' && r.colours && isColour(r.held) {
				if err := r.pass(text); err != nil {
					return 0, err
				}
				text = text[:0]
				if _, err := r.door.Own().Write(r.held); err != nil {
					return 0, err
				}
			}
		case inString:
			if c == 0x07 || c == '\\' && len(r.held) > 0 && r.held[len(r.held)-1] == 0x1b {
				r.state = inText
			}
			r.held = append(r.held[:0], c)
		}
	}
	if err := r.pass(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (r *Relay) pass(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	_, err := r.door.Write(text)
	return err
}

// isColour reports whether a sequence has only digits and separators before its end.
func isColour(sequence []byte) bool {
	for _, c := range sequence[2 : len(sequence)-1] {
		if (c < '0' || c > '9') && c != ';' && c != ':' {
			return false
		}
	}
	return sequence[len(sequence)-1] == 'm'
}
