// Package terminal is what commands need to know of the streams that they print
// to: whether there is a terminal, how wide it is, and how it shows colour.
//
//   - There is colour only on a terminal, and none with NO_COLOR or TERM=dumb.
//   - Lines are wrapped only on a terminal, at its width. Widths are those of
//     displayed characters, not of bytes or code points.
//   - The environment is passed in.
package terminal

import (
	"io"

	"github.com/muesli/termenv"
)

// Palette styles text for one stream. On anything but a terminal it leaves text as
// it is.
type Palette struct{ output *termenv.Output }

// NewPalette returns the palette of a stream.
func NewPalette(w io.Writer, getenv func(string) string) Palette {
	output := termenv.NewOutput(w, termenv.WithEnvironment(environment(getenv)))
	output.Profile = output.EnvColorProfile()
	return Palette{output}
}

// environment gives termenv the environment that was passed in.
type environment func(string) string

// Environ returns nothing: termenv asks for single variables.
func (environment) Environ() []string { return nil }

// Getenv returns a variable.
func (e environment) Getenv(name string) string { return e(name) }

// Bad is the style of what failed.
func (p Palette) Bad(s string) string { return p.colour(s, termenv.ANSIRed) }

// Good is the style of what passed.
func (p Palette) Good(s string) string { return p.colour(s, termenv.ANSIGreen) }

// Notice is the style of what is to be noticed.
func (p Palette) Notice(s string) string { return p.colour(s, termenv.ANSIYellow) }

// Strong is the style of what is read first.
func (p Palette) Strong(s string) string { return p.output.String(s).Bold().String() }

// Faint is the style of what may be passed over.
func (p Palette) Faint(s string) string { return p.output.String(s).Faint().String() }

func (p Palette) colour(s string, c termenv.ANSIColor) string {
	return p.output.String(s).Foreground(c).Bold().String()
}
