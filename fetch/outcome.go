package fetch

import "strings"

// Outcome is how a request ended, and everything that led there.
type Outcome struct {
	Profile Profile
	Result  Result
	// Error is nil if Result is Allowed or Opaque. If Error.Body is set, fetch()
	// resolved with Response before its body broke off.
	Error *Error
	// Origin is the page's origin, as [Page.Origin] returns it.
	Origin string
	// Request is the request as script reads it back: URL absolute and with its
	// fragment, method normalised, forbidden headers dropped, the Content-Type
	// of the body added, defaults filled in. If the constructor threw, headers
	// are as script gave them, and so is a URL that does not parse.
	Request Request
	// Preflight says whether a preflight was needed, and why.
	Preflight Preflight
	// Response is what script gets; nil unless Result is Allowed or Opaque, or
	// Error.Body is set and the destination is fetch.
	Response *Response
	// Wire lists the requests that were sent and their responses, in order.
	Wire []Recorded
	// Steps is the trace, if [Config].Trace is set.
	Steps []Step
}

// Preflight says whether a request needed a preflight, and why.
type Preflight struct {
	// Sent says that at least one preflight was sent; Cached says that the
	// cache spared at least one.
	Sent, Cached bool
	// Reasons are why the first hop that needed a preflight did. It is empty if
	// none did.
	Reasons []PreflightReason
}

// PreflightKind is a kind of [PreflightReason].
type PreflightKind string

// The kinds of reasons for a preflight
// (https://fetch.spec.whatwg.org/#main-fetch).
const (
	// PreflightMethod means that the method is not CORS-safelisted.
	PreflightMethod PreflightKind = "method"
	// PreflightHeader means that a header is not CORS-safelisted.
	PreflightHeader PreflightKind = "header"
	// PreflightUploadListener and PreflightStreamBody set the
	// use-CORS-preflight flag
	// (https://fetch.spec.whatwg.org/#use-cors-preflight-flag).
	PreflightUploadListener PreflightKind = "upload listener"
	PreflightStreamBody     PreflightKind = "stream body"
	// PreflightRedirected means that the request before a redirect needed a
	// preflight, which makes Firefox send one after it too.
	PreflightRedirected PreflightKind = "preflighted before the redirect"
)

// PreflightReason is one reason for a preflight.
type PreflightReason struct {
	// Kind says which of the other fields are set.
	Kind PreflightKind
	// Name is the method, or the header's name in lower case.
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
	// URL is the final URL, without its fragment; empty for opaque responses.
	URL string
	// Redirected says that at least one redirect was followed.
	Redirected bool
	// Headers are those that script can read: names in lower case, sorted,
	// lines of one name combined.
	Headers Headers
}

// CanRead reports whether script could read a header of that name. The response
// need not have it. Only fetch() and XMLHttpRequest give headers to script.
func (o *Outcome) CanRead(name string) bool {
	d := o.Request.Destination
	if o.Response == nil || len(o.Wire) == 0 || d != DestinationFetch && d != DestinationXHR {
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
	// Section is the anchor of the section in https://fetch.spec.whatwg.org/.
	Section string `json:"section"`
	// Text says what was decided.
	Text string `json:"text"`
	// OK is false if the decision is against the request, or makes a preflight
	// necessary.
	OK bool `json:"ok"`
}

// joinNames joins header names as Access-Control-Request-Headers does
// (https://fetch.spec.whatwg.org/#cors-preflight-fetch).
func joinNames(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names, ",")
}
