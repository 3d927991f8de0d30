// Package terminal describes the streams that commands print to: whether a
// stream is a terminal, how wide it is, and whether it shows colour.
//
//   - Colour is used only on a terminal, and never with NO_COLOR or TERM=dumb.
//   - Lines are wrapped only on a terminal, at its width. Widths are in
//     displayed characters, not bytes or code points.
//   - The environment is passed in.
package terminal

import (
	"io"

	"github.com/muesli/termenv"
)

// Palette styles text for one stream. It changes nothing if the stream is not a
// terminal.
type Palette struct{ output *termenv.Output }

// NewPalette returns the palette of a stream.
func NewPalette(w io.Writer, getenv func(string) string) Palette {
	output := termenv.NewOutput(w, termenv.WithEnvironment(environment(getenv)))
	output.Profile = output.EnvColorProfile()
	return Palette{output}
}

// environment passes the given environment to termenv.
type environment func(string) string

// Environ returns nothing, because termenv only looks up single variables.
func (environment) Environ() []string { return nil }

// Getenv returns a variable.
func (e environment) Getenv(name string) string { return e(name) }

// Bad styles what failed.
func (p Palette) Bad(s string) string { return p.colour(s, termenv.ANSIRed) }

// Good styles what passed.
func (p Palette) Good(s string) string { return p.colour(s, termenv.ANSIGreen) }

// Notice styles what needs attention.
func (p Palette) Notice(s string) string { return p.colour(s, termenv.ANSIYellow) }

// Strong styles what to read first.
func (p Palette) Strong(s string) string { return p.output.String(s).Bold().String() }

// Faint styles what can be skipped.
func (p Palette) Faint(s string) string { return p.output.String(s).Faint().String() }

func (p Palette) colour(s string, c termenv.ANSIColor) string {
	return p.output.String(s).Foreground(c).Bold().String()
}
