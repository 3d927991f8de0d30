package terminal

import (
	"io"

	"github.com/muesli/termenv"
)

// Palette styles text for one stream. It changes nothing if the stream shows no
// colour, or has no [Door].
type Palette struct{ colours bool }

// NewPalette returns the palette of a stream.
func NewPalette(w io.Writer, getenv func(string) string) Palette {
	door, ok := w.(*Door)
	if !ok {
		return Palette{}
	}
	output := termenv.NewOutput(door.out, termenv.WithEnvironment(environment(getenv)))
	return Palette{output.EnvColorProfile() != termenv.Ascii}
}

// environment passes the given environment to termenv.
type environment func(string) string

// Environ returns nothing, because termenv only looks up single variables.
func (environment) Environ() []string { return nil }

// Getenv returns a variable.
func (e environment) Getenv(name string) string { return e(name) }

// Bad styles what failed.
func (p Palette) Bad(s string) string { return p.styled(bad, s) }

// Good styles what passed.
func (p Palette) Good(s string) string { return p.styled(good, s) }

// Notice styles what needs attention.
func (p Palette) Notice(s string) string { return p.styled(notice, s) }

// Strong styles what to read first.
func (p Palette) Strong(s string) string { return p.styled(strong, s) }

// Faint styles what can be skipped.
func (p Palette) Faint(s string) string { return p.styled(faint, s) }

func (p Palette) styled(as style, s string) string {
	if !p.colours {
		return s
	}
	return string(seal) + string(as) + s + string(seal) + string(plain)
}
