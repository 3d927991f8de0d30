package verdict

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
	"github.com/corsac-dev/corsac/internal/visible"
)

var browserNames = map[string]string{"chrome": "Chrome", "firefox": "Firefox", "safari": "Safari", "standard": "the Fetch standard"}

// BrowserName is what people call the browser of a profile, such as Chrome.
func BrowserName(profile string) string { return browserNames[profile] }

// Console is the console text of the verdict's browser, without control
// characters; empty if it prints none.
func (v *Verdict) Console() string {
	e := v.Error
	if e == nil {
		return ""
	}
	text := e.Message
	switch v.Profile {
	case "firefox":
		text = e.Firefox
	case "safari":
		text = e.Safari
	default:
		if text == "" && strings.HasPrefix(e.Code, "net::") {
			text = "Failed to load resource: " + e.Code // what Chrome says whenever a load fails
		}
	}
	return Printable(strings.TrimSpace(text))
}

// Why says in a sentence why script gets no response, without control
// characters; empty if it gets one.
func (v *Verdict) Why() string {
	e := v.Error
	switch {
	case e == nil:
		return ""
	case e.Detail != "" && v.Result == fetch.Failed:
		return Printable(Explain(e.Code) + " (" + e.Detail + ")")
	case v.Result == fetch.Failed:
		return Explain(e.Code)
	}
	text := cmp.Or(v.reason(), refusals[fetch.Reason(e.Reason)])
	if explained := explanations[e.Code] != "" && e.Code != string(fetch.CodeFailed); text == "" && (explained || e.Reason == "") {
		text = Explain(e.Code)
	}
	return Printable(strings.TrimSpace(cmp.Or(text, e.Reason)))
}

// reason is the part of the console text that says why.
func (v *Verdict) reason() string {
	switch v.Profile {
	case "firefox":
		if _, reason, ok := strings.Cut(v.Error.Firefox, "(Reason: "); ok {
			return strings.ReplaceAll(reason, ").", ".")
		}
		return v.Error.Firefox
	case "safari":
		return v.Error.Safari
	}
	if _, reason, ok := strings.Cut(v.Error.Message, "has been blocked by CORS policy: "); ok {
		return reason
	}
	return v.Error.Message
}

// ScriptSees says how the failure reaches script, such as "TypeError: Failed to
// fetch"; empty if there is none.
func (v *Verdict) ScriptSees() string {
	if v.Error == nil {
		return ""
	}
	exception := Printable(cmp.Or(v.Error.ExceptionName, typeError) + ": " + v.Error.Exception)
	if v.Error.Code == string(fetch.CodeTypeError) {
		return exception
	}
	if v.Error.Body && v.Response != nil {
		return v.seenBody()
	}
	switch v.Request.Destination {
	case fetch.DestinationXHR:
		return "an error event, with status 0"
	case fetch.DestinationEventSource:
		return "an error event, with readyState 2 (CLOSED)"
	case fetch.DestinationWebSocket:
		return "an error event, then a close event with code 1006"
	case fetch.DestinationImage, fetch.DestinationScript, fetch.DestinationModule, fetch.DestinationStyle,
		fetch.DestinationTrack, fetch.DestinationAudio, fetch.DestinationVideo:
		return "an error event at the element"
	case fetch.DestinationWorker, fetch.DestinationSharedWorker:
		return "an error event at the worker"
	case fetch.DestinationJSON, fetch.DestinationCSSModule:
		return Printable(v.importException())
	case fetch.DestinationServiceWorker:
		return Printable("a rejection of register(): " + v.Error.Exception)
	case fetch.DestinationManifest:
		return "nothing; the page has no manifest"
	case fetch.DestinationFont:
		return "nothing; the page is shown in another font"
	}
	return exception
}

// importException is the exception with which import() rejects.
func (v *Verdict) importException() string {
	if v.Profile == fetch.Firefox.String() {
		return "TypeError: error loading dynamically imported module: " + v.Request.URL
	}
	return "TypeError: Failed to fetch dynamically imported module: " + v.Request.URL
}

// Printable returns a byte string as text of one line. Control characters,
// newlines and tabs included, and whatever else people do not see as itself, such
// as characters that change the direction of text, are escaped: no terminal obeys
// them, and no value looks like a line of its own.
func Printable(s string) string {
	if !utf8.ValidString(s) {
		s = bytestr.Decode(s)
	}
	return visible.Escape(s)
}

// Explain says in words what an error code means, followed by the code. CORS
// errors have no such words: their console text says it.
func Explain(code string) string {
	if text := explanations[code]; text != "" {
		return text + ", " + code
	}
	return Printable(code)
}

// refusals are of reasons for which Chrome prints nothing.
var refusals = map[fetch.Reason]string{
	fetch.ReasonMIMEType:     "the response has a type that its use does not allow, or none",
	fetch.ReasonRedirectMode: "the response is a redirect, and the redirect mode is error",
	fetch.ReasonEventStatus:  "an EventSource needs a response with status 200",
}

// explanations are of Chromium's names of network errors.
var explanations = map[string]string{
	"net::ERR_CONNECTION_REFUSED":                       "nothing listens there",
	"net::ERR_CONNECTION_RESET":                         "the connection was reset",
	"net::ERR_CONNECTION_CLOSED":                        "the connection was closed",
	"net::ERR_CONNECTION_TIMED_OUT":                     "no connection was made in time",
	"net::ERR_EMPTY_RESPONSE":                           "the server closed the connection without a response",
	"net::ERR_NAME_NOT_RESOLVED":                        "the name could not be resolved",
	"net::ERR_ADDRESS_UNREACHABLE":                      "there is no route to the address",
	"net::ERR_UNEXPECTED_PROXY_AUTH":                    "the server answers as only a proxy may, with status 407",
	"net::ERR_TIMED_OUT":                                "there was no response in time",
	"net::ERR_CERT_AUTHORITY_INVALID":                   "the certificate is from an authority that is not trusted",
	"net::ERR_CERT_COMMON_NAME_INVALID":                 "the certificate is for another name",
	"net::ERR_CERT_DATE_INVALID":                        "the certificate has expired, or is not valid yet",
	"net::ERR_CERT_INVALID":                             "the certificate is not valid",
	"net::ERR_SSL_PROTOCOL_ERROR":                       "the server does not speak TLS there; perhaps it is an http: URL",
	"net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH":           "the server speaks only versions or ciphers of TLS that browsers no longer accept",
	"net::ERR_BAD_SSL_CLIENT_AUTH_CERT":                 "the server requires a client certificate",
	"net::ERR_SSL_UNRECOGNIZED_NAME_ALERT":              "the server has no site with that name",
	"net::ERR_PROXY_CONNECTION_FAILED":                  "the proxy cannot be reached",
	"net::ERR_TUNNEL_CONNECTION_FAILED":                 "the proxy does not connect to the server",
	"net::ERR_INVALID_HTTP_RESPONSE":                    "what came back is not HTTP",
	"net::ERR_HTTP2_PROTOCOL_ERROR":                     "HTTP/2 protocol error",
	"net::ERR_RESPONSE_HEADERS_TOO_BIG":                 "the response headers are too big",
	"net::ERR_RESPONSE_HEADERS_TRUNCATED":               "the response headers are cut off",
	"net::ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_LENGTH": "the response has two lengths that differ",
	"net::ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION":       "the response has two Location headers that differ",
	"net::ERR_ALPN_NEGOTIATION_FAILED":                  "HTTP/2 is needed, and the server does not speak it",
	"net::ERR_UNSAFE_PORT":                              "browsers do not connect to this port",
	"net::ERR_ABORTED":                                  "the request was not sent, or was stopped",
	"net::ERR_TOO_MANY_REDIRECTS":                       "there are more than 20 redirects",
	"net::ERR_UNSAFE_REDIRECT":                          "browsers do not follow a redirect there",
	"net::ERR_INVALID_REDIRECT":                         "the redirect does not lead to a URL",
	"net::ERR_CONTENT_LENGTH_MISMATCH":                  "the body is shorter than Content-Length says",
	"net::ERR_INCOMPLETE_CHUNKED_ENCODING":              "the connection ended in the middle of the body",
	"net::ERR_INVALID_CHUNKED_ENCODING":                 "the body is not in valid chunks",
	"net::ERR_CONTENT_DECODING_FAILED":                  "the body is not in the encoding that Content-Encoding names",
	"net::ERR_BLOCKED_BY_ORB":                           "the response is data that no page without CORS gets (opaque response blocking)",
	"net::ERR_BLOCKED_BY_RESPONSE":                      "the response lacks a policy that the page's Cross-Origin-Embedder-Policy demands",
	"net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin":        "Cross-Origin-Resource-Policy: same-origin keeps the response from pages of other origins",
	"net::ERR_BLOCKED_BY_RESPONSE.NotSameSite":          "Cross-Origin-Resource-Policy: same-site keeps the response from pages of other sites",
	string(fetch.CodeNotSameOriginByCOEP):               "the page's Cross-Origin-Embedder-Policy demands CORS or Cross-Origin-Resource-Policy, and the response has neither",
	"net::ERR_FAILED":                                   "the request failed",
}
