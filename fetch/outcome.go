package fetch

import "strings"

// Outcome is what became of a request.
type Outcome struct {
	Profile Profile
	Result  Result
	// Error is nil when the result is allowed or opaque.
	Error *Error
	// Origin is the page's, as Page.Origin returns it.
	Origin string
	// Request is the request as script reads it back: URL absolute and with its
	// fragment, method normalised, forbidden headers dropped, the Content-Type of
	// the body added, defaults filled in. If the constructor threw, headers are
	// as script gave them, and so is a URL that does not parse.
	Request Request
	// Preflight says whether one was needed, and why.
	Preflight Preflight
	// Response is what script gets; nil unless allowed or opaque.
	Response *Response
	// Wire lists the requests that were sent, in order, with their answers.
	Wire []Recorded
	// Steps is the trace, if [Config].Trace asked for it.
	Steps []Step
}

// Preflight is the part that preflights played.
type Preflight struct {
	// Sent says that at least one was sent, Cached that the cache saved at least one.
	Sent, Cached bool
	// Reasons are why the first hop that needed one did; empty for simple requests.
	Reasons []PreflightReason
}

// PreflightKind is a kind of reason for a preflight.
type PreflightKind string

// The kinds of reasons for a preflight
// (https://fetch.spec.whatwg.org/#main-fetch).
const (
	// PreflightMethod: the method is not CORS-safelisted.
	PreflightMethod PreflightKind = "method"
	// PreflightHeader: a header is not CORS-safelisted.
	PreflightHeader PreflightKind = "header"
	// PreflightUploadListener and PreflightStreamBody set the use-CORS-preflight
	// flag.
	PreflightUploadListener PreflightKind = "upload listener"
	PreflightStreamBody     PreflightKind = "stream body"
	// PreflightRedirected: Firefox sends a preflight after a redirect because
	// the request before it needed one.
	PreflightRedirected PreflightKind = "preflighted before the redirect"
)

// PreflightReason is one reason for a preflight.
type PreflightReason struct {
	// Kind says which of the other fields are set.
	Kind PreflightKind
	// Name is the method, or the header in lower case.
	Name string
	// Value is the header's value.
	Value string
}

// String returns the reason in words, such as "method PUT" or "header x-a".
func (r PreflightReason) String() string {
	if r.Name == "" {
		return string(r.Kind)
	}
	s := string(r.Kind) + " " + r.Name
	if r.Kind == PreflightHeader {
		switch r.Name {
		case "accept", "accept-language", "content-language", "content-type", "range":
			s += ": " + escape(r.Value)
		}
	}
	return s
}

// Response is the filtered response that script gets
// (https://fetch.spec.whatwg.org/#concept-filtered-response).
type Response struct {
	// Type is basic, cors, opaque or opaqueredirect.
	Type ResponseType
	// Status is 0 for opaque responses.
	Status int
	// URL is the last one, without its fragment; empty for opaque responses.
	URL string
	// Redirected says that a redirect was followed.
	Redirected bool
	// Headers are those script can read, lower-case, sorted and combined.
	Headers Headers
}

// CanRead reports whether script can read the header of that name, whether or not it is present.
func (o *Outcome) CanRead(name string) bool {
	if o.Response == nil || len(o.Wire) == 0 {
		return false
	}
	name = lower(name)
	switch o.Response.Type {
	case TypeBasic:
		return !isForbiddenResponseHeader(name)
	case TypeCORS:
		e := exposedNames(o.Wire[len(o.Wire)-1].ResponseHeaders, o.Request.Credentials)
		return e.has(name)
	}
	return false
}

// Step is one decision of the trace.
type Step struct {
	// Section is an anchor at https://fetch.spec.whatwg.org/.
	Section string `json:"section"`
	// Text is the decision in words.
	Text string `json:"text"`
	// OK is false where the decision is against the request, or makes it less simple.
	OK bool `json:"ok"`
}

// joinNames joins header names as Access-Control-Request-Headers has them
// (https://fetch.spec.whatwg.org/#cors-preflight-fetch).
func joinNames(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names, ",")
}
