package fetch

import "strings"

// Outcome is what became of a request.
type Outcome struct {
	Profile Profile
	Result  Result
	// Error is nil when the result is allowed or opaque.
	Error *Error
	// Request is what the constructor made of the request.
	Request RequestView
	// Preflight says whether one was needed, and why.
	Preflight Preflight
	// Response is what script gets; nil unless allowed or opaque.
	Response *Response
	// Wire lists the requests that were sent, in order, with their answers.
	Wire []Wire
	// Steps is the trace, if [Config].Trace asked for it.
	Steps []Step
}

// RequestView is the request as script reads it back: normalised, without forbidden headers.
type RequestView struct {
	// Origin is the page's, URL absolute and with its fragment, Method normalised.
	Origin, URL, Method string
	// Headers are as script gave them, in order; see [RequestView.Iterate].
	Headers []Header
	// Mode, Credentials, Redirect and Destination have their defaults filled in.
	Mode        Mode
	Credentials Credentials
	Redirect    Redirect
	Destination Destination
	// Flag is the use-CORS-preflight flag, set by upload listeners and stream bodies.
	Flag bool
}

// Iterate lists the headers as script iterates them: lower-case, sorted, combined.
func (v *RequestView) Iterate() []Header {
	return sortAndCombine(append([]Header(nil), v.Headers...))
}

// Preflight is the part that preflights played.
type Preflight struct {
	// Sent says that at least one was sent, Cached that the cache saved at least one.
	Sent, Cached bool
	// Reasons tells why the first hop that needed one did; empty for simple requests.
	Reasons []Cause
}

// ReasonKind is a kind of reason for a preflight.
type ReasonKind uint8

// The kinds of reasons for a preflight (https://fetch.spec.whatwg.org/#main-fetch).
const (
	// ReasonMethod: the method is not CORS-safelisted.
	ReasonMethod ReasonKind = iota + 1
	// ReasonHeader: a header is not CORS-safelisted.
	ReasonHeader
	// ReasonUploadListener and ReasonStreamBody set the use-CORS-preflight flag.
	ReasonUploadListener
	ReasonStreamBody
	// ReasonRedirected: Firefox sends a preflight after a redirect because the request before it
	// needed one.
	ReasonRedirected
)

// Cause is one reason for a preflight.
type Cause struct {
	// Kind says which of the other members are set.
	Kind ReasonKind
	// Name is the method, or the header in lower case.
	Name string
	// Value is the header's value.
	Value string
}

// String is the reason in words, such as "method PUT" or "header x-a".
func (c Cause) String() string {
	switch c.Kind {
	case ReasonMethod:
		return "method " + c.Name
	case ReasonHeader:
		switch c.Name {
		case "accept", "accept-language", "content-language", "content-type", "range":
			return "header " + c.Name + ": " + escape(c.Value)
		}
		return "header " + c.Name
	case ReasonUploadListener:
		return "upload listener"
	case ReasonStreamBody:
		return "stream body"
	case ReasonRedirected:
		return "preflighted before the redirect"
	}
	return ""
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
	Headers []Header
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
		e := exposedNames(o.Wire[len(o.Wire)-1].ResponseHeader, o.Request.Credentials)
		return e.has(name)
	}
	return false
}

// Wire is a request that was sent and what came back.
type Wire struct {
	WireRequest
	// Status is 0 if there was no answer.
	Status int
	// ResponseHeader is the answer's head, unfiltered.
	ResponseHeader []Header
	// Err is the network error, nil if there was an answer.
	Err error
	// Assumed says that the answer was made up, as [Recording].AssumePreflights asks for.
	Assumed bool
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

// RequestLine shows a wire request for people: method and URL.
func (w *WireRequest) RequestLine() string { return w.Method + " " + w.URL }

// Header is the value of the request's header of that name, in any case; "" if there is none.
func (w *WireRequest) Header(name string) string {
	for i := range w.Headers {
		if strings.EqualFold(w.Headers[i].Name, name) {
			return w.Headers[i].Value
		}
	}
	return ""
}

// joinNames joins header names as Access-Control-Request-Headers has them
// (https://fetch.spec.whatwg.org/#cors-preflight-fetch).
func joinNames(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names, ",")
}
