package corstest

import (
	"net/http"
	"testing"
)

// Case is a row of the table of [Run].
type Case struct {
	// Name is the name of the sub-test. Empty means the request and the origin.
	Name string
	// Origin is the origin of the page, and Request what its script asks for,
	// as in [Allows].
	Origin, Request string
	// Want is [Allows], [Refuses], [Preflights] or a function of your own. It
	// may be nil if Exposes is set.
	Want Check
	// Exposes lists response headers that script can read, as in [Exposes].
	// Empty means not to check.
	Exposes string
	// Options are the options of the request.
	Options []Option
}

func (c *Case) name() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Request + " from " + c.Origin
}

// Run checks each case, in order, in a sub-test.
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
