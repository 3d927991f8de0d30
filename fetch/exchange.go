package fetch

import "context"

// WireRequest is a request as the browser sends it, without the headers of the
// connection (Host, Content-Length, Accept-Encoding, User-Agent) and without
// Cookie.
type WireRequest struct {
	// Kind says whether this is a preflight or the request that a preflight is
	// for.
	Kind Kind
	// Method is OPTIONS for a preflight, otherwise script's method, normalised.
	Method string
	// URL has no fragment.
	URL string
	// Headers are in the standard's order: script's own, then those that the
	// browser adds. A preflight has only the latter.
	Headers Headers
	// Credentials says that cookies, HTTP authentication and client
	// certificates are sent too. It is false for preflights.
	Credentials bool
	// Body is nil for preflights and after a redirect that drops it.
	Body *Body
	// Hop is the number of redirects followed before this request.
	Hop int
	// CrossSite says that the URL and the page are not of the same site, which
	// SameSite cookies depend on.
	CrossSite bool
}

// WireResponse is the head of a response, and what is known about its body.
type WireResponse struct {
	// Status is that of the final response: 101, or 200 to 999.
	Status int
	// Headers are the lines as received. More than 4096 are a network error.
	Headers Headers
	// Body is what came of the body; nil means that it is not known, and counts
	// as whole.
	Body *Received
	// assumed marks a made-up response; see [Recording].AssumePreflights.
	assumed bool
}

// Recorded is a request and its response: an element of [Outcome].Wire, an
// entry of a HAR file, or what a proxy saw.
type Recorded struct {
	// WireRequest is the request. Its headers are the lines that were sent,
	// including those of the connection if the recorder saw them.
	WireRequest
	// Status is 0 if there was no response.
	Status int
	// ResponseHeaders are the lines of the response, unfiltered.
	ResponseHeaders Headers
	// Received is what came of the body of the response; nil if that is not
	// known.
	Received *Received
	// Err is the network error; nil if there was a response.
	Err error
	// Assumed says that the response was made up, because
	// [Recording].AssumePreflights is set.
	Assumed bool
}

// IsPreflight reports whether r is a CORS preflight. If Kind is empty, an
// OPTIONS request with Access-Control-Request-Method is one.
func (r *Recorded) IsPreflight() bool {
	if r.Kind != "" {
		return r.Kind == KindPreflight
	}
	return r.Method == "OPTIONS" && r.Headers.Has("Access-Control-Request-Method")
}

// RoundTrip sends one request and returns the head of the final response to it,
// without following redirects. It may read the body first, to say whether it is
// whole; see [WireResponse].Body. It is called once per wire request, never
// concurrently for one Fetch. An error means that the network failed; wrap a
// [*NetError] to say how.
type RoundTrip func(ctx context.Context, w *WireRequest) (*WireResponse, error)
