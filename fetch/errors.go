package fetch

import (
	"strconv"
	"strings"
)

// Code is the name of an error: Chromium's Network.CorsError where CORS refused, else net::ERR_….
type Code string

// The CORS errors of Chromium 156 that a browser reaches here
// (https://chromedevtools.github.io/devtools-protocol/tot/Network/#type-CorsError). Codes that begin
// with Preflight are the failure of the same check on the answer to a preflight.
const (
	CodeWildcardOriginNotAllowed             Code = "WildcardOriginNotAllowed"
	CodeMissingAllowOriginHeader             Code = "MissingAllowOriginHeader"
	CodeMultipleAllowOriginValues            Code = "MultipleAllowOriginValues"
	CodeInvalidAllowOriginValue              Code = "InvalidAllowOriginValue"
	CodeAllowOriginMismatch                  Code = "AllowOriginMismatch"
	CodeInvalidAllowCredentials              Code = "InvalidAllowCredentials"
	CodeCorsDisabledScheme                   Code = "CorsDisabledScheme"
	CodePreflightInvalidStatus               Code = "PreflightInvalidStatus"
	CodePreflightDisallowedRedirect          Code = "PreflightDisallowedRedirect"
	CodePreflightWildcardOriginNotAllowed    Code = "PreflightWildcardOriginNotAllowed"
	CodePreflightMissingAllowOriginHeader    Code = "PreflightMissingAllowOriginHeader"
	CodePreflightMultipleAllowOriginValues   Code = "PreflightMultipleAllowOriginValues"
	CodePreflightInvalidAllowOriginValue     Code = "PreflightInvalidAllowOriginValue"
	CodePreflightAllowOriginMismatch         Code = "PreflightAllowOriginMismatch"
	CodePreflightInvalidAllowCredentials     Code = "PreflightInvalidAllowCredentials"
	CodeInvalidAllowMethodsPreflightResponse Code = "InvalidAllowMethodsPreflightResponse"
	CodeInvalidAllowHeadersPreflightResponse Code = "InvalidAllowHeadersPreflightResponse"
	CodeMethodDisallowedByPreflightResponse  Code = "MethodDisallowedByPreflightResponse"
	CodeHeaderDisallowedByPreflightResponse  Code = "HeaderDisallowedByPreflightResponse"
	CodeRedirectContainsCredentials          Code = "RedirectContainsCredentials"
	CodeInsecureLocalNetwork                 Code = "InsecureLocalNetwork"
	CodeLocalNetworkAccessPermissionDenied   Code = "LocalNetworkAccessPermissionDenied"
)

// Errors that are not CORS errors: script's own mistakes and Chromium's network
// errors, those that a [RoundTrip] reports. The engine itself makes a few more
// net::ERR_ codes, such as net::ERR_TOO_MANY_REDIRECTS.
const (
	// CodeTypeError is an exception of the Request constructor or of
	// XMLHttpRequest: nothing was sent.
	CodeTypeError Code = "TypeError"
	// CodeFailed is a network error without a name of its own.
	CodeFailed            Code = "net::ERR_FAILED"
	CodeAborted           Code = "net::ERR_ABORTED"
	CodeInvalidResponse   Code = "net::ERR_INVALID_HTTP_RESPONSE"
	CodeHeadersTooBig     Code = "net::ERR_RESPONSE_HEADERS_TOO_BIG"
	CodeALPN              Code = "net::ERR_ALPN_NEGOTIATION_FAILED"
	CodeConnectionReset   Code = "net::ERR_CONNECTION_RESET"
	CodeConnectionClosed  Code = "net::ERR_CONNECTION_CLOSED"
	CodeConnectionRefused Code = "net::ERR_CONNECTION_REFUSED"
	CodeNameNotResolved   Code = "net::ERR_NAME_NOT_RESOLVED"
	CodeEmptyResponse     Code = "net::ERR_EMPTY_RESPONSE"
	CodeTimedOut          Code = "net::ERR_TIMED_OUT"
	CodeCertAuthority     Code = "net::ERR_CERT_AUTHORITY_INVALID"
	CodeCertName          Code = "net::ERR_CERT_COMMON_NAME_INVALID"
	CodeCertInvalid       Code = "net::ERR_CERT_INVALID"
)

// Network errors that only the engine makes.
const (
	CodeUnsafePort       Code = "net::ERR_UNSAFE_PORT"
	codeUnsafeRedirect   Code = "net::ERR_UNSAFE_REDIRECT"
	codeInvalidRedirect  Code = "net::ERR_INVALID_REDIRECT"
	codeTooManyRedirects Code = "net::ERR_TOO_MANY_REDIRECTS"
	codeMultipleLocation Code = "net::ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION"
	codeUnknownScheme    Code = "net::ERR_UNKNOWN_URL_SCHEME"
	codeInvalidArgument  Code = "net::ERR_INVALID_ARGUMENT"
	codeCacheMiss        Code = "net::ERR_CACHE_MISS"
	codeNotSameOrigin    Code = "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin"
	codeNotSameSite      Code = "net::ERR_BLOCKED_BY_RESPONSE.NotSameSite"
	codeFileNotFound     Code = "net::ERR_FILE_NOT_FOUND"
	codeInvalidURL       Code = "net::ERR_INVALID_URL"
)

// Reason names refusals that are neither CORS errors nor network errors; Error.Code is then empty.
type Reason string

// The reasons.
const (
	ReasonSameOriginMode    Reason = "same-origin-mode"     // mode same-origin, another origin
	ReasonSameOriginLeft    Reason = "same-origin-left"     // mode same-origin, redirected away
	ReasonNoCORSRedirect    Reason = "no-cors-redirect"     // mode no-cors, redirect mode not follow
	ReasonUnsupportedScheme Reason = "unsupported-scheme"   // not http(s) or data
	ReasonLocalResource     Reason = "local-resource"       // file:, blob: of another page
	ReasonMixedContent      Reason = "mixed-content"        // https page, plain http
	ReasonRedirectMode      Reason = "redirect-mode-error"  // redirect mode error met a redirect
	ReasonStreamRedirect    Reason = "stream-body-redirect" // a stream body would have to be sent again
	ReasonHandshake         Reason = "websocket-handshake"  // the answer to a WebSocket is not 101
	ReasonCORP              Reason = "corp"                 // Cross-Origin-Resource-Policy
)

// Error is the failure of a request: why the browser does not give script the response. It is
// returned by [Transport] (wrapped in *url.Error by http.Client) and held in [Outcome].Error; take
// it with errors.As.
type Error struct {
	// Code is empty for refusals that browsers report only on the console; see Reason.
	Code Code
	// Parameter is what Chromium's message is about: the value received, the method, the header.
	Parameter string
	// Reason is set where Code alone does not say it.
	Reason Reason
	// URL is what was asked for when it failed, after redirects.
	URL string
	// Origin is the page's.
	Origin string
	// Preflight says that the preflight failed, not the request behind it.
	Preflight bool
	// Err is the cause if the network failed, nil if the browser refused.
	Err error

	first   string // URL that script asked for
	section string // anchor at https://fetch.spec.whatwg.org/ of the rule that failed
	hop     int    // redirects followed before
	profile Profile
	dest    Destination
	mode    Mode
	text    string // of an exception
	value   string // of the header that was refused
	token   string // in it that does not parse
	lines   int    // of Access-Control-Allow-Origin
	status  int
	pageURL string
	at      string // URL of the request that was being made
	scheme  string
	name    string // of the refused header, as script wrote it
	console string // Chrome's, of what the browser refused to send
	cross   bool   // response tainting was cors
	target  bool   // the target of a redirect was refused
	quiet   bool   // nothing can be loaded from there anyway, so that Chrome prints nothing
	space   string
}

// Error is the code and the console text of the profile.
func (e *Error) Error() string {
	what := string(e.Code)
	if what == "" {
		what = string(e.Reason)
	}
	s := "fetch " + strconv.Quote(e.URL) + " from origin " + strconv.Quote(e.Origin) + ": " + what
	if e.Parameter != "" {
		s += " " + strconv.Quote(e.Parameter)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// CORS reports whether e is one of Chromium's CORS errors.
func (e *Error) CORS() bool {
	return e.Code != "" && e.Code != CodeTypeError && (len(e.Code) < 5 || e.Code[:5] != "net::")
}

// Header is the response header that e is about, such as Access-Control-Allow-Origin, also if it is
// missing; empty if it is about something else, such as the status of a preflight.
func (e *Error) Header() string {
	switch Code(strings.TrimPrefix(string(e.Code), "Preflight")) {
	case CodeWildcardOriginNotAllowed, CodeMissingAllowOriginHeader, CodeMultipleAllowOriginValues, CodeInvalidAllowOriginValue, CodeAllowOriginMismatch:
		return "Access-Control-Allow-Origin"
	case CodeInvalidAllowCredentials:
		return "Access-Control-Allow-Credentials"
	case CodeInvalidAllowMethodsPreflightResponse, CodeMethodDisallowedByPreflightResponse:
		return "Access-Control-Allow-Methods"
	case CodeInvalidAllowHeadersPreflightResponse, CodeHeaderDisallowedByPreflightResponse:
		return "Access-Control-Allow-Headers"
	case "DisallowedRedirect", CodeRedirectContainsCredentials:
		return "Location"
	case CodeCorsDisabledScheme:
		if e.target {
			return "Location"
		}
	}
	return ""
}

// NetError is the network error that a [RoundTrip] met, by the name that browsers
// have for it. A RoundTrip may wrap it; any other error counts as net::ERR_FAILED.
type NetError struct {
	// Code is one of the net::ERR_ codes.
	Code Code
	// Err is the cause, for people; nil if nothing more is known.
	Err error
	// Unsent says that the request was stopped before it was sent: it is not on
	// the wire.
	Unsent bool
	// Console is what Chromium's console says if the browser refused to send the
	// request, for a reason outside the Fetch standard such as the page's Content
	// Security Policy. The outcome is then blocked.
	Console string
}

// Error is the code and the cause.
func (e *NetError) Error() string {
	if e.Err == nil {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *NetError) Unwrap() error { return e.Err }
