package corstest

import (
	"net/http"
	"testing"
)

// Case is a line of the table of [Run].
type Case struct {
	// Name of the sub-test; empty means the request and the origin.
	Name string
	// Origin of the page, and what its script asks for, as in [Allows].
	Origin, Request string
	// Want is [Allows], [Refuses], [Preflights], or a function of your own. It may be left out where
	// Exposes is not.
	Want Check
	// Exposes are response headers that script can read, as in [Exposes]; empty means not to look.
	Exposes string
	// Options are those of the request.
	Options []Option
}

func (c *Case) name() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Request + " from " + c.Origin
}

// Run holds each case, in order, as a sub-test.
func Run(t *testing.T, h http.Handler, cases []Case) {
	t.Helper()
	for i := range cases {
		c := &cases[i]
		t.Run(c.name(), func(t *testing.T) {
			t.Helper()
			c.hold(t, h)
		})
	}
}

func (c *Case) hold(t testing.TB, h http.Handler) {
	t.Helper()
	if c.Want == nil && c.Exposes == "" {
		t.Fatalf("corstest.Run: the case expects nothing; write Want: corstest.Allows, corstest.Refuses or corstest.Preflights")
		return
	}
	if c.Want != nil {
		c.Want(t, h, c.Origin, c.Request, c.Options...)
	}
	if c.Exposes != "" {
		Exposes(t, h, c.Origin, c.Request, c.Exposes, c.Options...)
	}
}
