package fetch

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/internal/bytestr"
)

// FirefoxCategory returns the category of Firefox's console message: the name
// of MDN's page about it, with a number where Mozilla changed the text. It
// returns "" if Firefox prints none.
func (e *Error) FirefoxCategory() string {
	switch Code(strings.TrimPrefix(string(e.Code), "Preflight")) {
	case CodeMissingAllowOriginHeader:
		return "CORSMissingAllowOrigin2"
	case CodeAllowOriginMismatch, CodeInvalidAllowOriginValue:
		return "CORSAllowOriginNotMatchingOrigin"
	case CodeMultipleAllowOriginValues:
		if e.lines > 1 {
			return "CORSMultipleAllowOriginNotAllowed"
		}
		return "CORSAllowOriginNotMatchingOrigin"
	case CodeWildcardOriginNotAllowed:
		return "CORSNotSupportingCredentials"
	case CodeInvalidAllowCredentials:
		return "CORSMissingAllowCredentials"
	}
	switch e.Code {
	case CodePreflightInvalidStatus:
		return "CORSPreflightDidNotSucceed3"
	case CodePreflightDisallowedRedirect:
		return "CORSExternalRedirectNotAllowed"
	case CodeMethodDisallowedByPreflightResponse:
		return "CORSMethodNotFound"
	case CodeHeaderDisallowedByPreflightResponse:
		return "CORSMissingAllowHeaderFromPreflight2"
	case CodeInvalidAllowMethodsPreflightResponse:
		return "CORSInvalidAllowMethod"
	case CodeInvalidAllowHeadersPreflightResponse:
		return "CORSInvalidAllowHeader"
	case CodeCorsDisabledScheme:
		if !e.target {
			return "CORSRequestNotHttp"
		}
	case CodeTypeError, CodeUnsafePort, codeCacheMiss:
		return ""
	}
	switch e.Reason {
	case ReasonSameOriginMode, ReasonSameOriginLeft:
		return "SOP"
	case ReasonCORP:
		return "COEP"
	case ReasonUnsupportedScheme:
		if e.mode == ModeCORS {
			return "CORSRequestNotHttp"
		}
		return ""
	case ReasonMixedContent:
		return "Mixed Content Blocker"
	case ReasonNoCORSRedirect, ReasonLocalResource, ReasonHandshake, ReasonMIMEType, ReasonOpaqueBlocked, ReasonEventStatus, ReasonEmbedder:
		return e.firefoxTypeCategory()
	}
	if e.cross && e.Reason != ReasonRedirectMode && !e.Body || e.Code == CodeRedirectContainsCredentials {
		return "CORSDidNotSucceed2"
	}
	return ""
}

// firefox returns the line of Firefox's console, without its category.
func (e *Error) firefox() string {
	category := e.FirefoxCategory()
	switch category {
	case "":
		return ""
	case "MIMEMISMATCH", "ORB", "CSS Loader", "Event Source":
		return e.firefoxTypeText()
	case "SOP":
		return fmt.Sprintf("Security Error: Content at %s may not load data from %s.", e.pageURL, e.URL)
	case "Mixed Content Blocker":
		return fmt.Sprintf("Blocked loading mixed active content “%s”", e.URL)
	case "COEP":
		return fmt.Sprintf("The resource at “%s” was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof). See https://developer.mozilla.org/docs/Web/HTTP/Cross-Origin_Resource_Policy_(CORP)#", e.URL)
	}
	at := e.at
	if category == "CORSNotSupportingCredentials" {
		at = "‘" + at + "’"
	}
	reason, after := e.firefoxReason(category)
	line := []rune("Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at " + at + ". (Reason: " + reason + ")." + after)
	return string(line[:min(len(line), maxFirefoxLine)])
}

// maxFirefoxLine is the length at which Firefox cuts its console lines.
const maxFirefoxLine = 1000

func (e *Error) firefoxReason(category string) (reason, after string) {
	status := fmt.Sprintf(" Status code: %d.", e.status)
	v := string([]rune(e.value)) // Firefox reads values as UTF-8
	switch category {
	case "CORSMissingAllowOrigin2":
		return "CORS header ‘Access-Control-Allow-Origin’ missing", status
	case "CORSAllowOriginNotMatchingOrigin":
		return "CORS header ‘Access-Control-Allow-Origin’ does not match ‘" + v + "’", ""
	case "CORSMultipleAllowOriginNotAllowed":
		return "Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed", ""
	case "CORSNotSupportingCredentials":
		return "Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’", ""
	case "CORSMissingAllowCredentials":
		return "expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’", ""
	case "CORSPreflightDidNotSucceed3":
		return "CORS preflight response did not succeed", status
	case "CORSExternalRedirectNotAllowed":
		return "CORS request external redirect not allowed", ""
	case "CORSMethodNotFound":
		return "Did not find method in CORS header ‘Access-Control-Allow-Methods’", ""
	case "CORSMissingAllowHeaderFromPreflight2":
		return "header ‘" + bytestr.Decode(e.Parameter) + "’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight response", ""
	case "CORSInvalidAllowMethod":
		return "invalid token ‘" + string([]rune(e.token)) + "’ in CORS header ‘Access-Control-Allow-Methods’", ""
	case "CORSInvalidAllowHeader":
		return "invalid token ‘" + string([]rune(e.token)) + "’ in CORS header ‘Access-Control-Allow-Headers’", ""
	case "CORSRequestNotHttp":
		return "CORS request not http", ""
	}
	return "CORS request did not succeed", " Status code: (null)."
}

// safari returns the first line of Safari's console. It follows WebKit's source
// and is not tested against a Safari.
func (e *Error) safari() string {
	origin := "Origin " + e.Origin + " is not allowed by Access-Control-Allow-Origin."
	switch Code(strings.TrimPrefix(string(e.Code), "Preflight")) {
	case CodeMissingAllowOriginHeader, CodeAllowOriginMismatch, CodeInvalidAllowOriginValue:
		return fmt.Sprintf("%s Status code: %d", origin, e.status)
	case CodeMultipleAllowOriginValues:
		if strings.Contains(e.value, ",") {
			return "Access-Control-Allow-Origin cannot contain more than one origin."
		}
		return fmt.Sprintf("%s Status code: %d", origin, e.status)
	case CodeWildcardOriginNotAllowed:
		return "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true."
	case CodeInvalidAllowCredentials:
		return `Credentials flag is true, but Access-Control-Allow-Credentials is not "true".`
	}
	switch e.Code {
	case CodePreflightInvalidStatus, CodePreflightDisallowedRedirect:
		return fmt.Sprintf("Preflight response is not successful. Status code: %d", e.status)
	case CodeInvalidAllowMethodsPreflightResponse:
		return "Header Access-Control-Allow-Methods has an invalid value: " + bytestr.Decode(e.value)
	case CodeInvalidAllowHeadersPreflightResponse:
		return "Header Access-Control-Allow-Headers has an invalid value: " + bytestr.Decode(e.value)
	case CodeMethodDisallowedByPreflightResponse:
		return "Method " + e.Parameter + " is not allowed by Access-Control-Allow-Methods."
	case CodeHeaderDisallowedByPreflightResponse:
		return "Request header field " + e.name + " is not allowed by Access-Control-Allow-Headers."
	case CodeTypeError:
		return ""
	case CodeRedirectContainsCredentials:
		return "Cross-origin redirection to " + e.URL + " denied by Cross-Origin Resource Sharing policy: redirection URL " + e.URL + " has credentials"
	case CodeCorsDisabledScheme:
		return "Cross-origin redirection to " + e.URL + " denied by Cross-Origin Resource Sharing policy: not allowed to follow a cross-origin CORS redirection with non CORS scheme"
	}
	if e.Reason == ReasonMixedContent {
		return fmt.Sprintf("[blocked] The page at %s requested insecure content from %s. This content was blocked and must be served over HTTPS.", e.pageURL, e.URL)
	}
	return ""
}

// ExceptionName returns the name of the exception that script sees: TypeError,
// or SyntaxError or SecurityError if XMLHttpRequest, a WebSocket or an
// EventSource throws.
func (e *Error) ExceptionName() string {
	if e.exception != "" {
		return e.exception
	}
	return typeError
}

// Exception returns what script sees: the message of that exception. fetch()
// rejects with it or, if Body is set, reading the body does.
func (e *Error) Exception() string {
	if e.Code == CodeTypeError {
		return e.text
	}
	if e.rule == serviceWorker && e.profile != Firefox && e.profile != Safari {
		return e.typeException()
	}
	if e.Body {
		if text := e.bodyException(); text != "" {
			return text
		}
	}
	switch e.profile {
	case Firefox:
		return "NetworkError when attempting to fetch resource."
	case Safari:
		return "Load failed"
	}
	return "Failed to fetch"
}
