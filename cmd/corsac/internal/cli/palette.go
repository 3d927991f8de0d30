package cli

import (
	"io"

	"github.com/muesli/termenv"
)

// palette styles text for one stream. On anything but a terminal it leaves text
// as it is.
type palette struct{ output *termenv.Output }

func newPalette(w io.Writer, getenv func(string) string) palette {
	output := termenv.NewOutput(w, termenv.WithEnvironment(environment(getenv)))
	output.Profile = output.EnvColorProfile()
	return palette{output}
}

// environment gives termenv the environment that was passed in.
type environment func(string) string

// Environ returns nothing: termenv asks for single variables.
func (environment) Environ() []string { return nil }

// Getenv returns a variable.
func (e environment) Getenv(name string) string { return e(name) }

func (p palette) bad(s string) string    { return p.colour(s, termenv.ANSIRed) }
func (p palette) good(s string) string   { return p.colour(s, termenv.ANSIGreen) }
func (p palette) notice(s string) string { return p.colour(s, termenv.ANSIYellow) }
func (p palette) strong(s string) string { return p.output.String(s).Bold().String() }
func (p palette) faint(s string) string  { return p.output.String(s).Faint().String() }

func (p palette) colour(s string, c termenv.ANSIColor) string {
	return p.output.String(s).Foreground(c).Bold().String()
}
