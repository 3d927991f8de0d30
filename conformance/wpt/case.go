package wpt

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// The origins of the tests: the page's, two of the same site, and another site.
const (
	own    = "https://web-platform.test"
	port   = "https://web-platform.test:8443"
	www    = "https://www.web-platform.test"
	plain  = "http://web-platform.test"
	remote = "https://not-web-platform.test"
)

// Case is one test: a request of a page, and what is asserted about it.
type Case struct {
	// File is the test's path in web-platform-tests, and Name what it is about.
	File, Name string
	Page       fetch.PageConfig
	Request    fetch.Request
	// Preflights and Responses are what the servers send, in the order in which
	// they are asked. The last one repeats.
	Preflights, Responses []*fetch.WireResponse
	// Look is what the test looks at: "result", "methods" on the wire, or, with
	// the name of a header after a space, what script can "read", what was
	// "sent" last, and what a preflight "asked".
	Look string
	// Want is what it must be. Results are a type of response, "ok" for
	// elements and XMLHttpRequest, "error", or "throws".
	Want string
}

// errTooMany ends a request that the servers of a case do not expect.
var errTooMany = errors.New("the case has no response")

// See runs a case with a profile, and returns what Look asks for.
func (c *Case) See(p fetch.Profile) (string, error) {
	if c.Page.Origin == "" {
		c.Page.Origin = own
	}
	page, err := fetch.NewPage(c.Page)
	if err != nil {
		return "", err
	}
	next := map[fetch.Kind]int{}
	answer := func(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
		list := c.Responses
		if w.Kind == fetch.KindPreflight {
			list = c.Preflights
		}
		if len(list) == 0 {
			return nil, errTooMany
		}
		i := min(next[w.Kind], len(list)-1)
		next[w.Kind]++
		return list[i], nil
	}
	request := c.Request
	return c.look(fetch.New(fetch.Config{Profile: p}).Fetch(context.Background(), page, &request, answer))
}

// look returns what Look asks for.
func (c *Case) look(o *fetch.Outcome) (string, error) {
	what, name, _ := strings.Cut(c.Look, " ")
	switch what {
	case "result":
		return c.result(o), nil
	case "methods":
		var list []string
		for _, w := range o.Wire {
			list = append(list, w.Method)
		}
		return strings.Join(list, " "), nil
	case "read":
		if o.Response == nil {
			return "", fmt.Errorf("%s: there is no response: %w", c.Name, o.Error)
		}
		return o.Response.Headers.Get(name), nil
	case "sent", "asked":
		kind := fetch.KindActual
		if what == "asked" {
			kind = fetch.KindPreflight
		}
		value := "nothing"
		for _, w := range o.Wire {
			if w.Kind == kind {
				value = w.Headers.Get(name)
			}
		}
		return value, nil
	}
	return "", fmt.Errorf("%s: there is no %q to look at", c.Name, what)
}

// result returns how a request ended.
func (c *Case) result(o *fetch.Outcome) string {
	switch d := c.Request.Destination; {
	case o.Error != nil && o.Error.Code == fetch.CodeTypeError:
		return "throws"
	case o.Error != nil:
		return "error"
	case d != "" && d != fetch.DestinationFetch:
		return "ok"
	}
	return string(o.Response.Type)
}

// to returns a response with header lines.
func to(status int, lines ...string) *fetch.WireResponse {
	r := &fetch.WireResponse{Status: status}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Headers = append(r.Headers, fetch.Header{Name: name, Value: value})
	}
	return r
}

// list is for responses one after another.
func list(r ...*fetch.WireResponse) []*fetch.WireResponse { return r }

// The header lines of servers that allow everything.
const (
	star        = "Access-Control-Allow-Origin: *"
	mine        = "Access-Control-Allow-Origin: " + own
	credentials = "Access-Control-Allow-Credentials: true"
)

// header returns a header of a request.
func header(name, value string) fetch.Headers { return fetch.Headers{{Name: name, Value: value}} }

// file collects the cases of a file.
type file struct {
	path  string
	cases []*Case
}

// add adds a case. What is empty in it has the usual value.
func (f *file) add(c *Case) {
	c.File = f.path
	if c.Look == "" {
		c.Look = "result"
	}
	if c.Responses == nil {
		c.Responses = list(to(200, star))
	}
	f.cases = append(f.cases, c)
}

// files are all of them.
var files = []func(*file){
	corsBasic, corsCookies, corsExposeStar, corsFiltering, corsMultipleOrigins, corsNoPreflight, corsOrigin, corsPreflight,
	corsNotSafelisted, corsPreflightRedirect, corsPreflightReferrer, corsPreflightValidation, corsPreflightStar, corsPreflightStatus,
	corsRedirect, corsRedirectCredentials, corsRedirectPreflight,
	modeNoCORS, modeSameOrigin, forbiddenHeaders, redirectMethod, redirectMode, redirectLocation, redirectCount, redirectOrigin,
	noSniffScript, noSniffStyle, noSniffImage, resourcePolicy, embedderPolicy, opaqueBlocking, eventSourceType,
	metadata, metadataRedirect, referrerGenerated, mixedContent, xhrCORS, xhrMethods,
}

// Cases returns all cases, in the order of their files.
func Cases() (all []*Case) {
	for _, fill := range files {
		var f file
		fill(&f)
		all = append(all, f.cases...)
	}
	return all
}
