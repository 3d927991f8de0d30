package fetch

import "context"

// WireRequest is a request as the browser sends it, without the connection's
// own headers (Host, Content-Length, Accept-Encoding, User-Agent) and without
// Cookie.
type WireRequest struct {
	// Kind distinguishes a preflight from the request that it is for.
	Kind Kind
	// Method is OPTIONS for preflights, else script's, normalised.
	Method string
	// URL has no fragment.
	URL string
	// Headers are in the standard's order, script's own first; a preflight has
	// no others.
	Headers Headers
	// Credentials says that cookies, HTTP authentication and client certificates
	// go along. Never set for preflights.
	Credentials bool
	// Body is nil for preflights and once a redirect dropped it.
	Body *Body
	// Hop is the number of redirects followed before.
	Hop int
	// CrossSite says that the URL is of another site than the page, for SameSite
	// cookies.
	CrossSite bool
}

// WireResponse is the head of an answer.
type WireResponse struct {
	// Status is that of the final answer, 101 or 200 to 999.
	Status int
	// Headers are the lines as received; more than 4096 of them are a network
	// error.
	Headers Headers
	// assumed: nobody has seen this answer; see [Recording].AssumePreflights.
	assumed bool
}

// Recorded is a request and what came back: an element of [Outcome].Wire, an
// entry of a HAR file, or what a proxy saw.
type Recorded struct {
	// WireRequest is the request. Its headers are the lines that were sent, those
	// of the connection included if the recorder saw them.
	WireRequest
	// Status is 0 if there was no answer.
	Status int
	// ResponseHeaders are the lines of the answer, unfiltered.
	ResponseHeaders Headers
	// Err is the network error, nil if there was an answer.
	Err error
	// Assumed says that the answer was made up, as [Recording].AssumePreflights
	// asks for.
	Assumed bool
}

// IsPreflight reports whether r is a CORS preflight: by Kind or, if that is
// empty, because it is OPTIONS with Access-Control-Request-Method.
func (r *Recorded) IsPreflight() bool {
	if r.Kind != "" {
		return r.Kind == KindPreflight
	}
	return r.Method == "OPTIONS" && r.Headers.Has("Access-Control-Request-Method")
}

// RoundTrip sends one request and returns the head of the final answer to it,
// without following redirects. An error is a failure of the network, which a
// [*NetError] names. It is called once per wire request, never concurrently for
// one Fetch.
type RoundTrip func(ctx context.Context, w *WireRequest) (*WireResponse, error)
