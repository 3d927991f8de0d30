package conformance

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
)

// Aspect is one of the things that are compared.
type Aspect int

// The aspects: the verdict; the requests on the wire; the error and its
// parameter; the type, status, URL and readable headers of the response; the
// console text; all other request headers on the wire; the request as script
// reads it back.
const (
	AspectResult Aspect = iota
	AspectWire
	AspectError
	AspectHeaders
	AspectConsole
	AspectWireHeaders
	AspectRequest
	aspects
)

var aspectNames = [...]string{"result", "wire", "error", "headers", "console", "wire headers", "request"}

// String returns the name of a.
func (a Aspect) String() string { return aspectNames[a] }

// Firm reports whether Firefox reports a in the same way every time. Its console
// does not: lines may come late, and name no request.
func (a Aspect) Firm() bool { return a != AspectError && a != AspectConsole }

// Difference is one disagreement between a recording and an outcome.
type Difference struct {
	ID     string
	Step   int
	Aspect Aspect
	Want   string
	Got    string
}

// Comparison says which aspects of one step could be compared, and which
// differ.
type Comparison struct {
	Compared [aspects]bool
	Diffs    []Difference
}

func (c *Comparison) check(id string, step int, a Aspect, want, got string) {
	c.Compared[a] = true
	if want != got {
		c.Diffs = append(c.Diffs, Difference{id, step, a, want, got})
	}
}

// Compare compares an outcome with the recording of one step.
func Compare(id string, step int, req *Request, want *StepOutcome, got *fetch.Outcome, wire []Wire) Comparison {
	var c Comparison
	gotResult := verdict(req, got)
	c.check(id, step, AspectResult, want.Result, gotResult)
	c.check(id, step, AspectWire, wireText(want.Wire), wireText(wire))
	c.check(id, step, AspectWireHeaders, wireHeaders(want.Wire), wireHeaders(wire))
	firefox := got.Profile == fetch.Firefox
	if want.Result == "throw" && want.Error != "" {
		c.check(id, step, AspectError, calls.Replace(want.Error), thrown(got))
	}
	if want.Result == "blocked" || want.Result == "loaderror" {
		c.check(id, step, AspectError, wantError(want), gotError(got, want))
		c.check(id, step, AspectConsole, wantConsole(want, firefox), gotConsole(got, want, firefox))
	}
	if want.Result == "ok" {
		c.check(id, step, AspectHeaders, wantResponse(want), gotResponse(got, req))
	}
	if v := want.Request; v != nil {
		c.check(id, step, AspectRequest, fmt.Sprint(v.Method, v.Mode, v.Credentials, v.Headers), requestText(got))
	}
	return c
}

// Judge replays a recorded case and returns all differences.
func Judge(r *Recorded, profile fetch.Profile) ([]Difference, error) {
	out, wire, err := Replay(r.Case, profile)
	if err != nil {
		return nil, err
	}
	var diffs []Difference
	for i := range r.Steps {
		diffs = append(diffs, Compare(r.Case.ID, i, &r.Case.Steps[i].Request, &r.Steps[i], out[i], wire[i]).Diffs...)
	}
	return diffs, nil
}

func verdict(req *Request, o *fetch.Outcome) string {
	element := req.API != "fetch" && req.API != "xhr"
	switch {
	case o.Result == fetch.Allowed || o.Result == fetch.Opaque:
		if element {
			return "load"
		}
		return "ok"
	case element:
		return "loaderror"
	case o.Error.Code == fetch.CodeTypeError:
		return "throw"
	}
	return "blocked"
}

// calls replaces the constructor of Request, with which the corpus was recorded,
// by fetch(), which calls it.
var calls = strings.NewReplacer("Failed to construct 'Request': ", "Failed to execute 'fetch' on 'Window': ",
	"TypeError: Request constructor: ", "TypeError: Window.fetch: ")

// thrown returns the exception of a call that throws.
func thrown(o *fetch.Outcome) string {
	if o.Error == nil {
		return "none"
	}
	return o.Error.ExceptionName() + ": " + o.Error.Exception()
}

func wireText(list []Wire) string {
	var b strings.Builder
	for _, w := range list {
		fmt.Fprintf(&b, "%d@%s %s %s origin=%s acrm=%s acrh=%s cookie=%t ?%s\n", w.Hop, w.At, w.Kind, w.Method, w.Origin, w.ACRM, w.ACRH, w.Cookie, w.Query)
	}
	return b.String()
}

// wireHeaders omits Accept-Language and User-Agent if they are the browser's
// own. It ignores case and blanks in Range, because Chromium's HTTP cache,
// which is not part of CORS, parses it and writes it anew.
func wireHeaders(list []Wire) string {
	var b strings.Builder
	for _, w := range list {
		hs := slices.Clone(w.Headers)
		hs = slices.DeleteFunc(hs, func(h KV) bool {
			return h[0] == "accept-language" && (h[1] == "en-US,en;q=0.9" || w.Kind == "preflight") || h[0] == "user-agent" && strings.HasPrefix(h[1], "Mozilla/")
		})
		for i := range hs {
			hs[i][1] = strings.Trim(hs[i][1], " \t")
			if hs[i][0] == "range" {
				hs[i][1] = strings.ToLower(strings.ReplaceAll(hs[i][1], " ", ""))
			}
		}
		sort.Slice(hs, func(i, j int) bool { return hs[i][0]+hs[i][1] < hs[j][0]+hs[j][1] })
		fmt.Fprintf(&b, "%v\n", hs)
	}
	return b.String()
}

// wantError returns the CORS error and its parameter, or otherwise the network
// error.
func wantError(o *StepOutcome) string {
	if o.CORSError != "" {
		return o.CORSError + " " + o.Parameter
	}
	return o.NetError
}

func gotError(o *fetch.Outcome, want *StepOutcome) string {
	e := o.Error
	if e == nil {
		return "none"
	}
	if o.Profile == fetch.Firefox {
		if c := e.FirefoxCategory(); strings.HasPrefix(c, "CORS") {
			return c + " "
		}
		return ""
	}
	if !e.CORS() {
		return string(e.Code)
	}
	p := e.Parameter
	for i := range len(p) {
		if p[i] >= 0x80 { // the DevTools protocol drops such parameters
			p = ""
			break
		}
	}
	// If several headers are missing, the browser names the first in a hash
	// map, so any of them is correct.
	if e.Code == fetch.CodeHeaderDisallowedByPreflightResponse && want.CORSError == string(e.Code) && missing(o, want.Parameter) {
		p = want.Parameter
	}
	return string(e.Code) + " " + p
}

// missing reports whether the last preflight asked for name.
func missing(o *fetch.Outcome, name string) bool {
	for i := len(o.Wire) - 1; i >= 0; i-- {
		for _, h := range o.Wire[i].Headers {
			if h.Name == "Access-Control-Request-Headers" {
				return slices.Contains(strings.Split(h.Value, ","), name) && name != ""
			}
		}
	}
	return false
}

func wantResponse(o *StepOutcome) string {
	return fmt.Sprint(o.Type, " ", o.Status, o.Redirected, " ", o.URL, " ", o.Headers)
}

// gotResponse returns the response in the form of the recording, which has no
// type for XMLHttpRequest, and no URL or headers if there are none.
func gotResponse(o *fetch.Outcome, req *Request) string {
	r := o.Response
	if r == nil {
		return "none"
	}
	var hs []KV
	for _, h := range r.Headers {
		hs = append(hs, KV{h.Name, bytestr.Decode(h.Value)})
	}
	if req.API == "xhr" {
		return fmt.Sprint(" ", r.Status, false, " ", r.URL, " ", hs)
	}
	return fmt.Sprint(r.Type, " ", r.Status, r.Redirected, " ", r.URL, " ", hs)
}

// iterate returns request headers as script iterates over them: lower-case,
// sorted and combined
// (https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine).
func iterate(list fetch.Headers) (out fetch.Headers) {
	names := make([]string, len(list))
	for i, h := range list {
		names[i] = strings.ToLower(h.Name)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		out = append(out, fetch.Header{Name: name, Value: strings.Join(list.Values(name), ", ")})
	}
	return out
}

func requestText(o *fetch.Outcome) string {
	v := o.Request
	var hs []KV
	for _, h := range iterate(v.Headers) {
		hs = append(hs, KV{h.Name, boundary.ReplaceAllString(bytestr.Decode(h.Value), "${1}B")})
	}
	return fmt.Sprint(bytestr.Decode(v.Method), v.Mode, v.Credentials, hs)
}

// wantConsole omits lines that only repeat a status or network error and, for
// Firefox, all reasons but the first.
func wantConsole(o *StepOutcome, firefox bool) string {
	var out []string
	for _, l := range o.Console {
		switch {
		case strings.Contains(l, "Failed to load resource:"):
		case firefox && !strings.HasPrefix(l, "CORS"):
		case firefox && (len(out) > 0 || strings.HasPrefix(l, "CORSDidNotSucceed2") && o.CORSError != "CORSDidNotSucceed2"):
		default:
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

func gotConsole(o *fetch.Outcome, want *StepOutcome, firefox bool) string {
	e := o.Error
	if e == nil {
		return "none"
	}
	if firefox {
		if c := e.FirefoxCategory(); strings.HasPrefix(c, "CORS") {
			return c + ": " + e.Console(fetch.Firefox)
		}
		return ""
	}
	line := e.Console(fetch.Chromium)
	if line == "" {
		return ""
	}
	if e.Code == fetch.CodeHeaderDisallowedByPreflightResponse && want.CORSError == string(e.Code) && missing(o, want.Parameter) {
		line = strings.Replace(line, "field "+e.Parameter+" ", "field "+want.Parameter+" ", 1)
	}
	return "error: " + line
}
