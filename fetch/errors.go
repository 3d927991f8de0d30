package fetch

import (
	"strconv"
	"strings"
)

// Code is the name of an error: one of Chromium's Network.CorsError if CORS
// refused the request, otherwise net::ERR_….
type Code string

// The CORS errors of Chromium 156
// (https://chromedevtools.github.io/devtools-protocol/tot/Network/#type-CorsError),
// as far as this package makes them. Codes that begin with Preflight report the
// same failure in the response to a preflight.
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

// Errors that are not CORS errors: mistakes in script, and those of Chromium's
// network errors that a [RoundTrip] reports. The engine itself makes a few more
// net::ERR_ codes, such as net::ERR_TOO_MANY_REDIRECTS.
const (
	// CodeTypeError is an exception of the call itself: nothing was sent. See
	// [Error.ExceptionName], since it is a TypeError only for fetch().
	CodeTypeError Code = "TypeError"
	// CodeFailed is any network error without a more specific code.
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
	// CodeNotSameOriginByCOEP: a page with an embedder policy gets a response that
	// does not allow it.
	CodeNotSameOriginByCOEP Code = "net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep"
	CodeUnsafePort          Code = "net::ERR_UNSAFE_PORT"
	codeUnsafeRedirect      Code = "net::ERR_UNSAFE_REDIRECT"
	codeInvalidRedirect     Code = "net::ERR_INVALID_REDIRECT"
	codeTooManyRedirects    Code = "net::ERR_TOO_MANY_REDIRECTS"
	codeMultipleLocation    Code = "net::ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION"
	codeUnknownScheme       Code = "net::ERR_UNKNOWN_URL_SCHEME"
	codeInvalidArgument     Code = "net::ERR_INVALID_ARGUMENT"
	codeCacheMiss           Code = "net::ERR_CACHE_MISS"
	codeNotSameOrigin       Code = "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin"
	codeNotSameSite         Code = "net::ERR_BLOCKED_BY_RESPONSE.NotSameSite"
	codeBlockedByResponse   Code = "net::ERR_BLOCKED_BY_RESPONSE"
	codeORB                 Code = "net::ERR_BLOCKED_BY_ORB"
	codeProxyAuth           Code = "net::ERR_UNEXPECTED_PROXY_AUTH"
	codeFileNotFound        Code = "net::ERR_FILE_NOT_FOUND"
	codeInvalidURL          Code = "net::ERR_INVALID_URL"
)

// Reason names a refusal that is neither a CORS error nor a network error.
// Error.Code is then usually empty.
type Reason string

// The reasons for refusals.
const (
	ReasonSameOriginMode    Reason = "same-origin-mode"     // mode same-origin, another origin
	ReasonSameOriginLeft    Reason = "same-origin-left"     // mode same-origin, redirected away
	ReasonNoCORSRedirect    Reason = "no-cors-redirect"     // mode no-cors, redirect mode not follow
	ReasonUnsupportedScheme Reason = "unsupported-scheme"   // the scheme is not http, https or data
	ReasonLocalResource     Reason = "local-resource"       // file:, or blob: of another page
	ReasonMixedContent      Reason = "mixed-content"        // https page, plain http
	ReasonRedirectMode      Reason = "redirect-mode-error"  // redirect mode error met a redirect
	ReasonStreamRedirect    Reason = "stream-body-redirect" // a stream body cannot be sent again
	ReasonHandshake         Reason = "websocket-handshake"  // the response to a WebSocket is not 101
	ReasonCORP              Reason = "corp"                 // Cross-Origin-Resource-Policy
	ReasonEmbedder          Reason = "embedder-policy"      // a worker without the Cross-Origin-Embedder-Policy of its page
	ReasonMIMEType          Reason = "mime-type"            // the destination cannot have the type of the response
	ReasonOpaqueBlocked     Reason = "opaque-blocked"       // opaque response blocking: the type says that it is data
	ReasonEventStatus       Reason = "eventsource-status"   // the response to an EventSource does not have status 200
)

// Error is why the browser does not give script the response. [Transport]
// returns it, wrapped in a *url.Error by http.Client; get it with errors.As.
// [Outcome].Error is one too.
type Error struct {
	// Code is empty for refusals that browsers report only on the console; see
	// Reason.
	Code Code
	// Parameter is the subject of Chromium's message: the value received, the
	// method or the header.
	Parameter string
	// Reason is set where Code alone does not say what happened.
	Reason Reason
	// URL is the URL of the request that failed, after redirects.
	URL string
	// Origin is the page's origin.
	Origin string
	// Preflight says that the preflight failed, not the request that it is for.
	Preflight bool
	// Body says that the head of the response passed all checks, but its body
	// broke off. fetch() has resolved by then, and reading the body rejects.
	Body bool
	// Err is the cause if the network failed; nil if the browser refused.
	Err error

	first   string // URL that script asked for
	section string // anchor at https://fetch.spec.whatwg.org/ of the rule that failed
	hop     int    // redirects followed before
	profile Profile
	dest    Destination
	mode    Mode
	text    string // text of an exception of the call itself
	value   string // value of the refused header
	token   string // the part of value that does not parse
	lines   int    // number of Access-Control-Allow-Origin lines
	status  int
	pageURL string
	at      string // URL of the request that was in progress
	scheme  string
	name    string // name of the refused header, as script wrote it
	console string // Chrome's console text for a request that the browser refused to send
	cross   bool   // response tainting was cors
	target  bool   // the target of a redirect was refused
	opaque  bool   // response tainting was opaque
	// exception is the name of that exception.
	exception string
	space     string
	rule      typeRule
}

// Error returns the URL, the page's origin, the code or reason, and the cause.
// [Error.Console] returns what browsers print.
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

// Header returns the name of the response header that e is about, such as
// Access-Control-Allow-Origin, whether or not the response has it. It returns
// "" if e is about something else, such as the status of a preflight.
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

// NetError is a network error that a [RoundTrip] returns, named as browsers
// name it. A RoundTrip may wrap it. Any other error counts as net::ERR_FAILED.
type NetError struct {
	// Code is one of the net::ERR_ codes.
	Code Code
	// Err is the cause, or nil if nothing more is known.
	Err error
	// Unsent says that the request was stopped before it was sent.
	// [Outcome].Wire then omits it.
	Unsent bool
	// Console is what Chromium prints if the browser refused to send the
	// request for a reason outside the Fetch standard, such as the page's
	// Content Security Policy. The outcome is then [Blocked].
	Console string
}

// Error returns the code and the cause.
func (e *NetError) Error() string {
	if e.Err == nil {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *NetError) Unwrap() error { return e.Err }
