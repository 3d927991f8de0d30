package fetch

import (
	"fmt"
	"strings"
)

// chromiumTypeText returns the line of Chrome's console about a type that a
// destination cannot have.
func (e *Error) chromiumTypeText() string {
	const perSpec = ". Strict MIME type checking is enforced for module scripts per HTML spec."
	expected := func(what string) string {
		return fmt.Sprintf(`Failed to load module script: Expected a %s module script but the server responded with a MIME type of "%s"`, what, e.Parameter) + perSpec
	}
	switch e.rule {
	case scriptNosniff:
		return fmt.Sprintf("Refused to execute script from '%s' because its MIME type ('%s') is not executable, and strict MIME type checking is enabled.", e.URL, e.Parameter)
	case scriptBlocked:
		return fmt.Sprintf("Refused to execute script from '%s' because its MIME type ('%s') is not executable.", e.URL, e.Parameter)
	case moduleType:
		return expected("JavaScript-or-Wasm")
	case jsonType:
		return expected("JSON")
	case cssModuleType:
		return expected("CSS")
	case styleNosniff, styleType:
		return fmt.Sprintf("Refused to apply style from '%s' because its MIME type ('%s') is not a supported stylesheet MIME type, and strict MIME checking is enabled.", e.URL, e.Parameter)
	case eventType:
		if e.Parameter == "" {
			return ""
		}
		return fmt.Sprintf(`EventSource's response has a MIME type ("%s") that is not "text/event-stream". Aborting the connection.`, e.Parameter)
	case eventCharset:
		return fmt.Sprintf(`EventSource's response has a charset ("%s") that is not UTF-8. Aborting the connection.`, e.Parameter)
	}
	return "" // that of a service worker is the text of an exception
}

// typeException returns the text of the exception for a service worker's
// script.
func (e *Error) typeException() string {
	what := "The script has an unsupported MIME type ('" + e.Parameter + "')."
	if e.Parameter == "" {
		what = "The script does not have a MIME type."
	}
	scope, _, _ := strings.Cut(e.URL, "?")
	scope = scope[:strings.LastIndexByte(scope, '/')+1] // unless script sets another
	return fmt.Sprintf("Failed to register a ServiceWorker for scope ('%s') with script ('%s'): %s", scope, e.URL, what)
}

// firefoxTypeCategory returns the category of Firefox's message about what a
// response is, or "" if it prints none.
func (e *Error) firefoxTypeCategory() string {
	switch e.rule {
	case opaqueBlocked:
		return "ORB"
	case styleType:
		return "CSS Loader"
	case eventType, eventStatus:
		return "Event Source"
	case anyType, serviceWorker, cssModuleType, eventCharset:
		return ""
	}
	return "MIMEMISMATCH"
}

// firefoxTypeText returns the line of Firefox's console about what a response
// is.
func (e *Error) firefoxTypeText() string {
	what := ""
	switch e.rule {
	case scriptNosniff, styleNosniff:
		return fmt.Sprintf("The resource from “%s” was blocked due to MIME type (“%s”) mismatch (X-Content-Type-Options: nosniff).", e.URL, e.Parameter)
	case scriptBlocked:
		return fmt.Sprintf("Script from “%s” was blocked because of a disallowed MIME type (“%s”).", e.URL, e.Parameter)
	case moduleType:
		what = "module"
	case jsonType:
		what = "JSON module"
	case workerType:
		what = "Worker"
	case styleType:
		return fmt.Sprintf("The stylesheet %s was not loaded because its MIME type, “%s”, is not “text/css”.", e.URL, e.Parameter)
	case opaqueBlocked:
		return fmt.Sprintf("The resource at “%s” was blocked by OpaqueResponseBlocking. Reason: “%s”.", e.URL, e.value)
	default:
		return fmt.Sprintf("Firefox can’t establish a connection to the server at %s.", e.URL)
	}
	return fmt.Sprintf("Loading %s from “%s” was blocked because of a disallowed MIME type (“%s”).", what, e.URL, e.Parameter)
}
