package report

import (
	"errors"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
)

// Verdict is what a browser makes of a request, in JSON.
type Verdict struct {
	Profile     string              `json:"profile"`
	Request     Request             `json:"request"`
	Result      fetch.Result        `json:"result"`
	Error       *Error              `json:"error,omitempty"`
	Preflight   Preflight           `json:"preflight"`
	Response    *Response           `json:"response,omitempty"`
	ReadHeaders map[string]bool     `json:"read_headers,omitempty"`
	Wire        []Wire              `json:"wire"`
	Steps       []fetch.Step        `json:"steps,omitempty"`
	Notes       []string            `json:"notes,omitempty"`
	Findings    []Finding           `json:"findings"`
	Change      []Change            `json:"change,omitempty"`
	Profiles    map[string]*Verdict `json:"profiles,omitempty"`

	// Outcome is what the verdict was made of.
	Outcome *fetch.Outcome `json:"-"`
}

// Request is what script asked for, as the browser understood it.
type Request struct {
	Origin      string            `json:"origin"`
	URL         string            `json:"url"`
	Method      string            `json:"method"`
	Headers     []fetch.Header    `json:"headers"`
	Credentials fetch.Credentials `json:"credentials"`
	Mode        fetch.Mode        `json:"mode"`
	Redirect    fetch.Redirect    `json:"redirect"`
	Destination fetch.Destination `json:"destination"`
}

// Error is why script gets no response.
type Error struct {
	// Code is Chromium's CORS error name, or the name of a network error.
	Code string `json:"code,omitempty"`
	// Parameter is what the error is about.
	Parameter string `json:"parameter,omitempty"`
	// Message, Firefox and Safari are the console texts of the browsers; "" where
	// they print none.
	Message string `json:"message"`
	Firefox string `json:"firefox"`
	Safari  string `json:"safari"`
	// Detail is what the network said, if it failed.
	Detail string `json:"detail,omitempty"`
}

// Preflight is the part that preflights played.
type Preflight struct {
	Sent    bool     `json:"sent"`
	Reasons []string `json:"reasons"`
	Cached  bool     `json:"cached"`
}

// Response is what script can read.
type Response struct {
	Type       fetch.ResponseType `json:"type"`
	Status     int                `json:"status"`
	URL        string             `json:"url"`
	Redirected bool               `json:"redirected"`
	Headers    []fetch.Header     `json:"headers"`
}

// Wire is a request that was sent, and its answer. Headers are those of the
// connection too, as they were written, if it was really sent.
type Wire struct {
	Kind            fetch.Kind     `json:"kind"`
	URL             string         `json:"url"`
	Method          string         `json:"method"`
	Headers         []fetch.Header `json:"headers"`
	Status          int            `json:"status,omitempty"`
	ResponseHeaders []fetch.Header `json:"response_headers,omitempty"`
	Error           string         `json:"error,omitempty"`
	// Protocol, TLS and Remote say how the server was reached, Milliseconds how long
	// the head of the answer took.
	Protocol     string  `json:"protocol,omitempty"`
	TLS          string  `json:"tls,omitempty"`
	Remote       string  `json:"remote,omitempty"`
	Milliseconds float64 `json:"milliseconds,omitempty"`
}

// Cookie reports whether cookies went along.
func (w *Wire) Cookie() bool { return valueOf(w.Headers, "Cookie") != "" }

// Finding is a root cause. Those that find them add theirs.
type Finding struct {
	Cause      string   `json:"cause"`
	Severity   string   `json:"severity"`
	Confidence string   `json:"confidence"`
	Title      string   `json:"title"`
	Why        string   `json:"why"`
	Evidence   []string `json:"evidence"`
	Fix        Fix      `json:"fix"`
}

// Fix is what to change where.
type Fix struct {
	Stack string `json:"stack"`
	Text  string `json:"text"`
}

// NewVerdict makes a verdict of an outcome. readHeaders are names that are asked
// for.
func NewVerdict(o *fetch.Outcome, readHeaders []string) *Verdict {
	v := &Verdict{
		Profile: o.Profile.String(),
		Request: Request{
			Origin: o.Request.Origin, URL: o.Request.URL, Method: o.Request.Method,
			Headers: list(o.Request.Headers), Credentials: o.Request.Credentials, Mode: o.Request.Mode,
			Redirect: o.Request.Redirect, Destination: o.Request.Destination,
		},
		Result:    o.Result,
		Error:     newError(o.Error),
		Preflight: Preflight{Sent: o.Preflight.Sent, Cached: o.Preflight.Cached, Reasons: []string{}},
		Wire:      []Wire{},
		Steps:     o.Steps,
		Findings:  []Finding{},
		Change:    Suggest(o),
		Outcome:   o,
	}
	for _, c := range o.Preflight.Reasons {
		v.Preflight.Reasons = append(v.Preflight.Reasons, fetch.IsomorphicDecode(c.String()))
	}
	if r := o.Response; r != nil {
		v.Response = &Response{r.Type, r.Status, r.URL, r.Redirected, list(r.Headers)}
	}
	for i := range o.Wire {
		v.Wire = append(v.Wire, newWire(&o.Wire[i]))
	}
	if len(readHeaders) > 0 {
		v.ReadHeaders = map[string]bool{}
		for _, name := range readHeaders {
			v.ReadHeaders[name] = o.CanRead(name)
		}
		v.Change = append(v.Change, expose(o, readHeaders)...)
	}
	return v
}

func newError(e *fetch.Error) *Error {
	if e == nil {
		return nil
	}
	out := &Error{
		Code: string(e.Code), Parameter: fetch.IsomorphicDecode(e.Parameter),
		Message: e.Message(), Firefox: e.Firefox(), Safari: e.Safari(),
	}
	out.Detail = detail(e.Err)
	return out
}

// detail is what the network said, without the code that it was given.
func detail(err error) string {
	var n *fetch.NetError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &n) && n.Err != nil:
		return n.Err.Error()
	default:
		return err.Error()
	}
}

func newWire(w *fetch.Wire) Wire {
	out := Wire{
		Kind: w.Kind, URL: w.URL, Method: w.Method, Headers: list(w.Headers),
		Status: w.Status, ResponseHeaders: w.ResponseHeader,
	}
	out.Error = detail(w.Err)
	return out
}

// Record adds what the network knows of a request, unless it is not on the wire.
func (v *Verdict) Record(i int, r *probe.Record) {
	if i >= len(v.Wire) {
		return
	}
	w := &v.Wire[i]
	if len(r.Sent) > 0 {
		w.Headers = r.Sent
	}
	w.Protocol, w.TLS, w.Remote = r.Protocol, r.TLS, r.Remote
	w.Milliseconds = float64(r.Duration.Microseconds()) / 1000
}

// list is never null in JSON.
func list(headers []fetch.Header) []fetch.Header {
	if headers == nil {
		return []fetch.Header{}
	}
	return headers
}

// Unsent takes the last request off the wire: the check stopped before it.
func (v *Verdict) Unsent() {
	n := len(v.Wire) - 1
	v.Wire, v.Outcome.Wire = v.Wire[:n], v.Outcome.Wire[:n]
}
