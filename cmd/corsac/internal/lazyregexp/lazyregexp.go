// Package lazyregexp compiles regular expressions when they are first used.
// There are dozens of them in the program, each of which few commands need, and
// compiling all of them takes longer than many a command. Tests compile each at
// once, so that a mistake in one is found.
package lazyregexp

import (
	"os"
	"regexp"
	"strings"
	"sync"
)

// Regexp is an expression. It is safe for concurrent use.
type Regexp struct{ get func() *regexp.Regexp }

// New returns the expression of expr, which must be valid.
func New(expr string) *Regexp { return Of(func() string { return expr }) }

// Of returns an expression that is made when it is first used, too.
func Of(expr func() string) *Regexp {
	r := &Regexp{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr()) })}
	if inTest {
		r.get()
	}
	return r
}

// inTest is true in the binaries of go test.
var inTest = strings.HasSuffix(strings.TrimSuffix(os.Args[0], ".exe"), ".test")

// Get returns the expression, compiled.
func (r *Regexp) Get() *regexp.Regexp { return r.get() }

// MatchString is that of [regexp.Regexp].
func (r *Regexp) MatchString(s string) bool { return r.get().MatchString(s) }

// FindStringSubmatch is that of [regexp.Regexp].
func (r *Regexp) FindStringSubmatch(s string) []string { return r.get().FindStringSubmatch(s) }
