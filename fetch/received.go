package fetch

import "errors"

// Received is what came of the body of a response.
type Received struct {
	// Err is why the body broke off or cannot be decoded; nil if it came
	// whole. Wrap a [*NetError] to say how; any other error counts as
	// net::ERR_FAILED.
	Err error
	// Empty says that not a byte of the body came before Err. Firefox then has
	// no response at all.
	Empty bool
	// Start is the beginning of the body, decoded; nil if it is not known. At
	// most its first 1024 bytes are looked at, by Chromium's opaque response
	// blocking.
	Start []byte
}

// The ways in which bodies break off, beside those of the connection.
const (
	// CodeLengthMismatch: fewer bytes came than Content-Length says.
	CodeLengthMismatch Code = "net::ERR_CONTENT_LENGTH_MISMATCH"
	// CodeChunksIncomplete: the connection ended before the last chunk did.
	CodeChunksIncomplete Code = "net::ERR_INCOMPLETE_CHUNKED_ENCODING"
	// CodeChunksInvalid: there is no chunk where one should begin.
	CodeChunksInvalid Code = "net::ERR_INVALID_CHUNKED_ENCODING"
	// CodeDecodingFailed: the body is not in the encoding that
	// Content-Encoding names.
	CodeDecodingFailed Code = "net::ERR_CONTENT_DECODING_FAILED"
	// CodeHTTP2 is any error of HTTP/2, such as a stream that the server
	// resets.
	CodeHTTP2 Code = "net::ERR_HTTP2_PROTOCOL_ERROR"
)

// codeOf returns the net::ERR_ code of an error.
func codeOf(err error) Code {
	n := &NetError{Code: CodeFailed}
	_ = errors.As(err, &n)
	return n.Code
}

// checkStart returns the error of a body that broke off before the browser
// had anything to pass on. Firefox then fails the request as if there had been
// no response.
func (m *machine) checkStart(w *WireRequest, resp *WireResponse) error {
	b := resp.Body
	if !m.r.load.bodyMustStart || w.Kind == KindPreflight || b == nil || b.Err == nil {
		return nil
	}
	if b.Empty || codeOf(b.Err) == CodeChunksInvalid {
		return b.Err
	}
	return nil
}

// checkBody returns the error of a body that broke off, if whoever asked for
// the response notices
// (https://fetch.spec.whatwg.org/#concept-http-network-fetch, the steps for a
// response's body). fetch() has resolved by then.
func (m *machine) checkBody(resp *WireResponse) *Error {
	b := resp.Body
	if b == nil || b.Err == nil || m.req.method == "HEAD" || isNullBodyStatus(resp.Status) {
		return nil
	}
	switch m.req.dest {
	case DestinationWebSocket:
		return nil
	case DestinationEventSource: // it has its events so far, and connects again
		return nil
	case DestinationFetch:
		if m.isOpaqueRedirect(resp) || m.taint == TypeOpaque && !m.r.load.bodyFailsOpaque {
			return nil // nobody can read it
		}
	}
	e := m.fail(codeOf(b.Err), "concept-http-network-fetch")
	e.Err, e.Body, e.opaque = b.Err, true, m.taint == TypeOpaque
	return e
}

// isNullBodyStatus reports whether responses with a status have no body
// (https://fetch.spec.whatwg.org/#null-body-status).
func isNullBodyStatus(status int) bool {
	switch status {
	case 101, 103, 204, 205, 304:
		return true
	}
	return false
}

// bodyException returns the message of the error with which reading the body
// rejects, without its name.
func (e *Error) bodyException() string {
	if e.profile != Firefox || e.opaque {
		return ""
	}
	switch e.Code {
	case CodeLengthMismatch, CodeChunksIncomplete:
		return "Content-Length header of network response exceeds response Body."
	case CodeDecodingFailed:
		return "Decoding failed."
	case CodeConnectionReset, CodeHTTP2:
		return "The operation was aborted."
	}
	return ""
}
