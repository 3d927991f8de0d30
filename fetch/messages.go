package fetch

import (
	"fmt"
	"strings"
)

// corsSchemes is Chromium's list of schemes that CORS requests may use.
const corsSchemes = "chrome, chrome-experimental-site-token-provider, chrome-extension, chrome-untrusted, data, http, https, isolated-app"

// noun returns Chromium's word for the initiator.
func (d Destination) noun() string {
	switch d {
	case DestinationXHR:
		return "XMLHttpRequest"
	case DestinationImage:
		return "image"
	case DestinationScript, DestinationModule, DestinationJSON:
		return "script"
	case DestinationStyle, DestinationCSSModule:
		return "CSS stylesheet"
	case DestinationFont:
		return "font"
	case DestinationEventSource:
		return "resource"
	case DestinationWebSocket:
		return "WebSocket"
	case DestinationTrack:
		return "text track"
	case DestinationAudio:
		return "audio"
	case DestinationVideo:
		return "video"
	case DestinationManifest:
		return "manifest"
	}
	return "fetch"
}

// escape returns s as Chromium's console shows it: bytes outside printable
// ASCII as \u00XX.
func escape(s string) string {
	clean := true
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e {
			fmt.Fprintf(&b, `\u00%02X`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Console returns the line that a browser prints on its console, without level
// and category. It returns "" if the browser prints none, as Chrome does for
// network errors. [Standard] has Chromium's line. [Safari]'s is the first of
// several and follows WebKit's source.
func (e *Error) Console(p Profile) string {
	switch {
	case e.console != "":
		if p == Firefox || p == Safari {
			return ""
		}
		return e.console
	case p == Firefox:
		return e.firefox()
	case p == Safari:
		return e.safari()
	}
	return e.chromium()
}

// chromium returns the line of Chrome's console. Chrome prints nothing for
// network errors and redirect mode "error".
func (e *Error) chromium() string {
	if e.Code == CodeTypeError {
		return e.exception + ": " + e.text
	}
	if text := e.chromiumText(); text != "" {
		from := ""
		if e.URL != e.first {
			from = "(redirected from '" + e.first + "') "
		}
		return "Access to " + e.dest.noun() + " at '" + e.URL + "' " + from + "from origin '" + e.Origin + "' has been blocked by CORS policy: " + text
	}
	switch e.Reason {
	case ReasonSameOriginMode:
		return fmt.Sprintf("Fetch API cannot load %s. Request mode is \"same-origin\" but the URL's origin is not same as the request origin %s.", e.URL, e.Origin)
	case ReasonSameOriginLeft:
		return fmt.Sprintf("Unsafe attempt to load URL %s from frame with URL %s. Domains, protocols and ports must match.\n", e.URL, e.pageURL)
	case ReasonNoCORSRedirect:
		return fmt.Sprintf("Fetch API cannot load %s. Request mode is \"no-cors\" but the redirect mode is not \"follow\".", e.URL)
	case ReasonUnsupportedScheme:
		if e.dest == DestinationXHR || e.scheme == "chrome-extension" {
			return ""
		}
		return fmt.Sprintf("Fetch API cannot load %s. URL scheme %q is not supported.", e.URL, e.scheme)
	case ReasonLocalResource:
		return "Not allowed to load local resource: " + e.URL
	case ReasonHandshake:
		return fmt.Sprintf("WebSocket connection to '%s' failed: Error during WebSocket handshake: Unexpected response code: %d", "ws"+strings.TrimPrefix(e.URL, "http"), e.status)
	case ReasonMIMEType:
		return e.chromiumTypeText()
	case ReasonMixedContent:
		return fmt.Sprintf("Mixed Content: The page at '%s' was loaded over HTTPS, but requested an insecure %s '%s'. This request has been blocked; the content must be served over HTTPS.", e.pageURL, mixedNoun(e.dest), e.URL)
	}
	return ""
}

// mixedNoun returns Chromium's word for the resource in a mixed content
// message.
func mixedNoun(d Destination) string {
	switch d {
	case DestinationXHR:
		return "XMLHttpRequest endpoint"
	case DestinationImage:
		return "image"
	case DestinationScript, DestinationModule:
		return "script"
	case DestinationStyle:
		return "stylesheet"
	case DestinationFont:
		return "font"
	case DestinationEventSource:
		return "EventSource endpoint"
	}
	return "resource"
}

// chromiumText returns what follows "has been blocked by CORS policy: ".
func (e *Error) chromiumText() string {
	const preflight = "Response to preflight request doesn't pass access control check: "
	if code, ok := strings.CutPrefix(string(e.Code), "Preflight"); ok {
		switch e.Code {
		case CodePreflightInvalidStatus:
			return preflight + "It does not have HTTP ok status."
		case CodePreflightDisallowedRedirect:
			return preflight + "Redirect is not allowed for a preflight request."
		}
		return preflight + e.accessText(Code(code))
	}
	p := escape(e.Parameter)
	switch e.Code {
	case CodeInvalidAllowMethodsPreflightResponse:
		return "Cannot parse Access-Control-Allow-Methods response header field in preflight response."
	case CodeInvalidAllowHeadersPreflightResponse:
		return "Cannot parse Access-Control-Allow-Headers response header field in preflight response."
	case CodeMethodDisallowedByPreflightResponse:
		return "Method " + p + " is not allowed by Access-Control-Allow-Methods in preflight response."
	case CodeHeaderDisallowedByPreflightResponse:
		return "Request header field " + p + " is not allowed by Access-Control-Allow-Headers in preflight response."
	case CodeCorsDisabledScheme:
		return "Cross origin requests are only supported for protocol schemes: " + corsSchemes + "."
	case CodeRedirectContainsCredentials:
		return "Redirect location '' contains a username and password, which is disallowed for cross-origin requests."
	case CodeInsecureLocalNetwork:
		return "The request client is not a secure context and the resource is in more-private address space `" + e.space + "`."
	case CodeLocalNetworkAccessPermissionDenied:
		return "Permission was denied for this request to access the `" + e.space + "` address space."
	}
	return e.accessText(e.Code)
}

// accessText returns the text for a failed CORS check, with the hints for fetch
// and XMLHttpRequest.
func (e *Error) accessText(code Code) string {
	fetchHint, xhrHint := "", ""
	switch e.dest {
	case DestinationFetch:
		fetchHint = " Have the server send the header with a valid value."
	case DestinationXHR:
		xhrHint = " The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials attribute."
	}
	v := escape(e.value)
	switch code {
	case CodeWildcardOriginNotAllowed:
		return "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'." + xhrHint
	case CodeMissingAllowOriginHeader:
		return "No 'Access-Control-Allow-Origin' header is present on the requested resource."
	case CodeMultipleAllowOriginValues:
		return "The 'Access-Control-Allow-Origin' header contains multiple values '" + v + "', but only one is allowed." + fetchHint
	case CodeInvalidAllowOriginValue:
		return "The 'Access-Control-Allow-Origin' header contains the invalid value '" + v + "'." + fetchHint
	case CodeAllowOriginMismatch:
		return "The 'Access-Control-Allow-Origin' header has a value '" + v + "' that is not equal to the supplied origin." + fetchHint
	case CodeInvalidAllowCredentials:
		return "The value of the 'Access-Control-Allow-Credentials' header in the response is '" + v + "' which must be 'true' when the request's credentials mode is 'include'." + xhrHint
	}
	return ""
}
