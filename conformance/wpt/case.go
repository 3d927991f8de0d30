package wpt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// The origins of the tests: the page's, with another port, with https, and the
// same three of another host of the same site; last, another site.
const (
	own       = "http://web-platform.test:8000"
	ownPort   = "http://web-platform.test:8001"
	ownTLS    = "https://web-platform.test:8443"
	remote    = "http://www1.web-platform.test:8000"
	twoPort   = "http://www1.web-platform.test:8001"
	remoteTLS = "https://www1.web-platform.test:8443"
	other     = "http://not-web-platform.test:8000"
	otherTLS  = "https://not-web-platform.test:8443"
)

// address is where the page is, unless a case says otherwise.
const address = own + "/tests/page.html"

// absent is the value of a header that is not there.
const absent = "(absent)"

// Case is one test: a request of a page, and what is asserted about it.
type Case struct {
	// File is the test's path in web-platform-tests, and Name what it is about.
	File, Name string
	Page       fetch.PageConfig
	Request    fetch.Request
	// Preflights and Responses are what the servers send, in the order in which
	// they are asked. The last one repeats. In headers, "{origin}" stands for
	// the Origin of the request, or `*` if it has none.
	Preflights, Responses []*fetch.WireResponse
	// Checks are the assertions. All must be met.
	Checks []Check
	// Before are requests of the same page that come first, with the same
	// cookies and preflight cache. Only their Request, Preflights, Responses and
	// Checks count.
	Before []*Case
}

// Check is one assertion.
type Check struct {
	// Look is what it is about: "result", "status", "methods" on the wire, the
	// "cookies" that were sent last, or, with the name of a header after a
	// space, what script can "read", what was "sent" last, and what a preflight
	// "asked".
	Look string
	// Want is the value. Results are a type of response, "load" for elements
	// and XMLHttpRequest, "rejects" for fetch(), and "error" or "throws" for all
	// others.
	Want string
	// Not says that Look must have any value but Want.
	Not bool
}

// expect returns checks from pairs of Look and Want.
func expect(pairs ...string) (checks []Check) {
	for i := 0; i+1 < len(pairs); i += 2 {
		checks = append(checks, Check{Look: pairs[i], Want: pairs[i+1]})
	}
	return checks
}

// errUnexpected ends a request that the servers of a case do not expect.
var errUnexpected = errors.New("the case has no response")

// run is a page in a browser.
type run struct {
	browser *fetch.Browser
	page    *fetch.Page
	cookies *fetch.Cookies
	// sent are the cookies of the last request that is not a preflight.
	sent string
}

// See runs a case with a profile. It returns the first assertion that is not
// met, and what is there instead, or nil.
func (c *Case) See(p fetch.Profile) (failed *Check, got string, err error) {
	config := c.Page
	if config.Origin == "" && config.URL == "" {
		config.URL = address
	}
	r := &run{browser: fetch.New(fetch.Config{Profile: p})}
	if r.page, err = fetch.NewPage(config); err != nil {
		return nil, "", err
	}
	r.cookies = fetch.NewCookies(r.browser, r.page)
	for _, step := range append(slices.Clone(c.Before), c) {
		if failed, got, err = step.check(r); failed != nil || err != nil {
			return failed, got, err
		}
	}
	return nil, "", nil
}

// check does what See does for one request of a page.
func (c *Case) check(r *run) (failed *Check, got string, err error) {
	o := c.play(r)
	for i, check := range c.Checks {
		if got, err = c.look(o, r, check.Look); err != nil {
			return nil, "", err
		}
		if (got == check.Want) == check.Not {
			return &c.Checks[i], got, nil
		}
	}
	return nil, "", nil
}

// play makes the request.
func (c *Case) play(r *run) *fetch.Outcome {
	next := map[fetch.Kind]int{}
	answer := func(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
		list := c.Responses
		if w.Kind == fetch.KindPreflight {
			list = c.Preflights
		} else {
			r.sent = r.cookies.Header(w)
		}
		if len(list) == 0 {
			return nil, errUnexpected
		}
		i := min(next[w.Kind], len(list)-1)
		next[w.Kind]++
		response := filled(list[i], w)
		r.cookies.Store(w, response)
		return response, nil
	}
	request := c.Request
	return r.browser.Fetch(context.Background(), r.page, &request, answer)
}

// filled returns a response with the request's Origin in it.
func filled(r *fetch.WireResponse, w *fetch.WireRequest) *fetch.WireResponse {
	origin := "*"
	if w.Headers.Has("Origin") {
		origin = w.Headers.Get("Origin")
	}
	to := &fetch.WireResponse{Status: r.Status, Body: r.Body}
	for _, h := range r.Headers {
		to.Headers = append(to.Headers, fetch.Header{Name: h.Name, Value: strings.ReplaceAll(h.Value, "{origin}", origin)})
	}
	return to
}

// look returns what a check is about.
func (c *Case) look(o *fetch.Outcome, r *run, look string) (string, error) {
	what, name, _ := strings.Cut(look, " ")
	switch what {
	case "result":
		return c.result(o), nil
	case "status", "read":
		if o.Response == nil {
			return c.result(o), nil
		}
		if what == "status" {
			return strconv.Itoa(o.Response.Status), nil
		}
		return value(o.Response.Headers, name), nil
	case "methods":
		var list []string
		for _, w := range o.Wire {
			list = append(list, w.Method)
		}
		return strings.Join(list, " "), nil
	case "cookies":
		return r.sent, nil
	case "sent", "asked":
		kind := fetch.KindActual
		if what == "asked" {
			kind = fetch.KindPreflight
		}
		got := "no such request"
		for _, w := range o.Wire {
			if w.Kind == kind {
				got = value(w.Headers, name)
			}
		}
		return got, nil
	}
	return "", fmt.Errorf("%s: there is no %q to look at", c.Name, look)
}

// value returns the value of a header.
func value(list fetch.Headers, name string) string {
	if !list.Has(name) {
		return absent
	}
	return list.Get(name)
}

// result returns how a request ended.
func (c *Case) result(o *fetch.Outcome) string {
	d := c.Request.Destination
	called := d == "" || d == fetch.DestinationFetch
	switch {
	case o.Error != nil && called:
		return "rejects"
	case o.Error != nil && o.Error.Code == fetch.CodeTypeError:
		return "throws"
	case o.Error != nil:
		return "error"
	case called:
		return string(o.Response.Type)
	}
	return "load"
}
