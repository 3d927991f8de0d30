// Package verdict is a browser's verdict on a request, in the form that people
// and programs read: the JSON of "corsac check --json", described in
// docs/verdict.schema.json, and the same as text.
//
//   - [Of] makes a verdict from an outcome of package fetch, with the change to
//     the server's policy that would allow the request.
//   - encoding/json reads and writes it. The names and meanings of its members
//     are stable.
//   - [ParseQuestion] reads a request and the server's answers from JSON, and
//     [Question.Ask] makes the verdict, without a network.
//   - [Verdict.Conversation] and the methods beside it put it into words. They
//     need only what the JSON has.
package verdict

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
)

// Verdict is what a browser does with a request, and why.
type Verdict struct {
	// Profile is the name of the browser: chrome, firefox, safari or standard.
	Profile string `json:"profile"`
	// Request is what script asked for.
	Request Request `json:"request"`
	// Result is allowed, opaque, blocked or error.
	Result fetch.Result `json:"result"`
	// Error is nil if the result is allowed or opaque. If Error.Body is set, fetch() resolved first.
	Error     *Error    `json:"error,omitempty"`
	Preflight Preflight `json:"preflight"`
	// Response is what script can read; nil unless the result is allowed or opaque, or fetch() resolved
	// before the body broke off.
	Response *Response `json:"response,omitempty"`
	// ReadHeaders says of response headers that were asked for whether script can read them.
	ReadHeaders map[string]bool `json:"read_headers,omitempty"`
	// Wire lists the requests that were sent, in order.
	Wire []Wire `json:"wire"`
	// Steps are all decisions, if there is a trace.
	Steps []fetch.Step `json:"steps,omitempty"`
	// Notes are what a person should know besides.
	Notes []string `json:"notes,omitempty"`
	// Findings are what is wrong, the root cause first; never null. [Of] leaves
	// them to the packages that find causes.
	Findings []Finding `json:"findings"`
	// Change is the shortest change to the server's policy that would allow the request, or let script
	// read the headers that were asked for. Package cause drops it where the root cause is not the policy.
	Change []Change `json:"change,omitempty"`
	// Profiles are the verdicts of other browsers, by profile.
	Profiles map[string]*Verdict `json:"profiles,omitempty"`
}

// Request is what script asked for, as the browser understood it.
type Request struct {
	// Origin is that of the page, or "null".
	Origin string `json:"origin"`
	// URL is absolute; Method is normalised.
	URL    string `json:"url"`
	Method string `json:"method"`
	// Headers are those that script set, in order.
	Headers fetch.Headers `json:"headers"`
	// Credentials, Mode, Redirect and Destination have their defaults filled in.
	Credentials fetch.Credentials `json:"credentials"`
	Mode        fetch.Mode        `json:"mode"`
	Redirect    string            `json:"redirect"`
	Destination fetch.Destination `json:"destination"`
}

// Error is why script gets no response.
type Error struct {
	// Code is Chromium's CORS error name, or the name of a network error; empty where there is neither.
	Code string `json:"code,omitempty"`
	// Parameter is what the error is about: the value received, the method, the
	// header. Header is the response header that was refused or is missing.
	Parameter string `json:"parameter,omitempty"`
	Header    string `json:"header,omitempty"`
	// Reason names a refusal that has no code, such as mixed-content.
	Reason string `json:"reason,omitempty"`
	// Message, Firefox and Safari are the console texts of the browsers; "" where they print none.
	Message string `json:"message"`
	Firefox string `json:"firefox"`
	Safari  string `json:"safari"`
	// Exception is the message of the exception that fetch() rejects with, or
	// that the call throws. ExceptionName is its name, if that is not TypeError.
	Exception     string `json:"exception"`
	ExceptionName string `json:"exception_name,omitempty"`
	// Detail is what the network said, if it failed.
	Detail string `json:"detail,omitempty"`
	// Body says that the head of the response passed all checks, but its body broke off.
	Body bool `json:"body,omitempty"`
}

// Preflight is the part that preflights played.
type Preflight struct {
	// Sent says that at least one was sent.
	Sent bool `json:"sent"`
	// Reasons are why one was needed, such as "method PUT"; never null.
	Reasons []string `json:"reasons"`
	// Cached says that the browser remembered the response to an earlier one,
	// which saved at least one.
	Cached bool `json:"cached"`
}

// Response is what script can read.
type Response struct {
	// Type is basic, cors, opaque or opaqueredirect.
	Type fetch.ResponseType `json:"type"`
	// Status is 0, and URL empty, for opaque responses.
	Status int    `json:"status"`
	URL    string `json:"url"`
	// Redirected says that a redirect was followed.
	Redirected bool `json:"redirected"`
	// Headers are those script can read, lower-case, sorted and combined.
	Headers fetch.Headers `json:"headers"`
}

// Wire is a request that was sent, and its answer.
type Wire struct {
	// Kind is preflight or actual.
	Kind fetch.Kind `json:"kind"`
	// URL, Method and Headers are the request's.
	URL     string        `json:"url"`
	Method  string        `json:"method"`
	Headers fetch.Headers `json:"headers"`
	// Hop is the number of redirects followed before.
	Hop int `json:"hop,omitempty"`
	// Status is 0 if there was no answer; Error then says why.
	Status int `json:"status,omitempty"`
	// ResponseHeaders are the lines of the answer, unfiltered.
	ResponseHeaders fetch.Headers `json:"response_headers,omitempty"`
	// Error is what the network said, if it failed.
	Error string `json:"error,omitempty"`
	// BodyError is why the body of the answer broke off: a net::ERR_ code, or the code, a colon and
	// words. BodyStart is the beginning of a body that opaque response blocking looked at, at most its
	// first 256 bytes.
	BodyError string `json:"body_error,omitempty"`
	BodyStart string `json:"body_start,omitempty"`
	// Protocol, TLS and Remote say how the server was reached, and Milliseconds how long the head of
	// the answer took, if a program knows; [Of] does not.
	Protocol     string  `json:"protocol,omitempty"`
	TLS          string  `json:"tls,omitempty"`
	Remote       string  `json:"remote,omitempty"`
	Milliseconds float64 `json:"milliseconds,omitempty"`
}

// Change is a field of a policy and what has to be in it.
type Change struct {
	// Field is named as in corsac.yaml.
	Field string `json:"field"`
	// Values are entries to be in a list, or one value.
	Values []string `json:"values"`
	// Why is for people.
	Why string `json:"why"`
	// Header is the line that answers then have, with what such a line has already; "" for none. On
	// says which answers: those to a "preflight", to the "actual" request, or "every" one.
	Header string `json:"header,omitempty"`
	On     string `json:"on,omitempty"`
}

// Facts are what a program knows about a request besides its outcome. The zero
// Facts say nothing.
type Facts struct {
	// ReadHeaders are response headers that script wants to read.
	ReadHeaders []string
	// Notes are for people.
	Notes []string
	// Transport says how the requests on the wire were sent, in the same order.
	// It may be shorter.
	Transport []Transport
}

// Transport says how a request was sent.
type Transport struct {
	// Headers are the header lines as they were written, those of the connection
	// included; empty if only the engine's are known.
	Headers fetch.Headers
	// Protocol, TLS and Remote are those of [Wire]; Duration is the time until
	// the head of the answer.
	Protocol, TLS, Remote string
	Duration              time.Duration
}

// Of makes the verdict on an outcome.
func Of(o *fetch.Outcome, facts Facts) *Verdict {
	v := &Verdict{
		Profile: o.Profile.String(),
		Request: Request{
			Origin: o.Origin, URL: o.Request.URL, Method: o.Request.Method,
			Headers: list(o.Request.Headers), Credentials: o.Request.Credentials, Mode: o.Request.Mode,
			Redirect: o.Request.Redirect, Destination: o.Request.Destination,
		},
		Result:    o.Result,
		Error:     newError(o.Error),
		Preflight: Preflight{Sent: o.Preflight.Sent, Cached: o.Preflight.Cached, Reasons: []string{}},
		Wire:      []Wire{},
		Steps:     o.Steps,
		Notes:     facts.Notes,
		Findings:  []Finding{},
		Change:    append(suggest(o), expose(o, facts.ReadHeaders)...),
	}
	for _, c := range o.Preflight.Reasons {
		v.Preflight.Reasons = append(v.Preflight.Reasons, bytestr.Decode(c.String()))
	}
	if r := o.Response; r != nil {
		v.Response = &Response{r.Type, r.Status, r.URL, r.Redirected, list(r.Headers)}
	}
	for i := range o.Wire {
		v.Wire = append(v.Wire, newWire(&o.Wire[i]))
		if i < len(facts.Transport) {
			v.Wire[i].sentBy(&facts.Transport[i])
		}
	}
	v.showStart(o)
	if len(facts.ReadHeaders) > 0 {
		v.ReadHeaders = map[string]bool{}
		for _, name := range facts.ReadHeaders {
			v.ReadHeaders[name] = o.CanRead(name)
		}
	}
	return v
}

func newWire(w *fetch.Recorded) Wire {
	wire := Wire{
		Kind: w.Kind, URL: w.URL, Method: w.Method, Headers: list(w.Headers), Hop: w.Hop,
		Status: w.Status, ResponseHeaders: w.ResponseHeaders, Error: detail(w.Err),
	}
	if w.Received != nil && w.Received.Err != nil {
		wire.BodyError = named(w.Received.Err)
	}
	return wire
}

// named is an error with the code that it was given.
func named(err error) string {
	n := &fetch.NetError{Code: fetch.CodeFailed, Err: err}
	_ = errors.As(err, &n)
	return n.Error()
}

// maxBodyStart bounds what is shown of a body.
const maxBodyStart = 256

// showStart shows the beginning of a body that may have decided the verdict.
func (v *Verdict) showStart(o *fetch.Outcome) {
	if len(o.Wire) == 0 || o.Error == nil {
		return
	}
	last := o.Wire[len(o.Wire)-1].Received
	if last != nil && o.Error.Reason == fetch.ReasonOpaqueBlocked {
		v.Wire[len(v.Wire)-1].BodyStart = bytestr.Decode(string(last.Start[:min(len(last.Start), maxBodyStart)]))
	}
}

func (w *Wire) sentBy(t *Transport) {
	if len(t.Headers) > 0 {
		w.Headers = t.Headers
	}
	w.Protocol, w.TLS, w.Remote = t.Protocol, t.TLS, t.Remote
	w.Milliseconds = float64(t.Duration.Microseconds()) / 1000
}

// Join returns the verdict of the first of several browsers, with those of the
// others in its Profiles. There is one at least.
func Join(verdicts []*Verdict) *Verdict {
	first := *verdicts[0]
	for _, v := range verdicts[1:] {
		if first.Profiles == nil {
			first.Profiles = map[string]*Verdict{}
		}
		first.Profiles[v.Profile] = v
	}
	return &first
}

// profiles are the names of the browsers in the order in which they are shown.
var profiles = []string{"chrome", "firefox", "safari", "standard"}

// Others returns the verdicts in Profiles in a fixed order.
func (v *Verdict) Others() []*Verdict {
	others := make([]*Verdict, 0, len(v.Profiles))
	for _, other := range v.Profiles {
		others = append(others, other)
	}
	slices.SortFunc(others, func(a, b *Verdict) int {
		return cmp.Or(cmp.Compare(slices.Index(profiles, a.Profile), slices.Index(profiles, b.Profile)), cmp.Compare(a.Profile, b.Profile))
	})
	return others
}

// Failed returns the verdict of the first browser that gives script no response,
// or nil if all do.
func (v *Verdict) Failed() *Verdict {
	if v.Error != nil {
		return v
	}
	for _, other := range v.Others() {
		if other.Error != nil {
			return other
		}
	}
	return nil
}

// PreflightOf returns the preflight whose response allowed w, which is one of
// v.Wire; nil if w is a preflight itself or needed none.
func (v *Verdict) PreflightOf(w *Wire) *Wire {
	for i := range v.Wire {
		if p := &v.Wire[i]; w.Kind != fetch.KindPreflight && p.Kind == fetch.KindPreflight && p.URL == w.URL && p.Hop == w.Hop {
			return p
		}
	}
	return nil
}

func newError(e *fetch.Error) *Error {
	if e == nil {
		return nil
	}
	v := &Error{
		Code: string(e.Code), Parameter: bytestr.Decode(e.Parameter), Header: e.Header(), Reason: string(e.Reason),
		Message: e.Console(fetch.Chromium), Firefox: e.Console(fetch.Firefox), Safari: e.Console(fetch.Safari),
		Exception: e.Exception(), Detail: detail(e.Err), Body: e.Body,
	}
	if name := e.ExceptionName(); name != typeError {
		v.ExceptionName = name
	}
	return v
}

// typeError is the name of most exceptions.
const typeError = "TypeError"

// isCORS reports whether e is one of Chromium's CORS errors.
func (e *Error) isCORS() bool {
	return e.Code != "" && e.Code != string(fetch.CodeTypeError) && !strings.HasPrefix(e.Code, "net::")
}

// detail is what the network said, without the code that it was given.
func detail(err error) string {
	var n *fetch.NetError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &n) && n.Err == nil:
		return "" // the code says it all
	case errors.As(err, &n):
		return n.Err.Error()
	default:
		return err.Error()
	}
}

// list is never null in JSON.
func list(headers fetch.Headers) fetch.Headers {
	if headers == nil {
		return fetch.Headers{}
	}
	return headers
}
