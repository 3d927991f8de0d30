package fetch

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/bytestr"
)

// thrown is an exception of the call itself; nothing is sent.
type thrown struct{ name, text, section string }

// The names of exceptions (https://webidl.spec.whatwg.org/#idl-exceptions).
const (
	typeError     = "TypeError"
	syntaxError   = "SyntaxError"
	securityError = "SecurityError"
)

// throw returns the TypeError of fetch(), with the text of the profile.
// [Safari] has Chromium's text without the name of the call. Destinations that
// are not fetch have it without that name, too.
func (m *machine) throw(chromium, firefox string) *thrown {
	t := &thrown{typeError, chromium, "dom-request"}
	switch {
	case m.req.dest != DestinationFetch || m.b.cfg.Profile == Safari:
	case m.b.cfg.Profile == Firefox:
		t.text = "Window.fetch: " + firefox
	default:
		t.text = "Failed to execute 'fetch' on 'Window': " + chromium
	}
	return t
}

// throwXHR returns the exception of a method of XMLHttpRequest. Firefox has a
// text of its own.
func (m *machine) throwXHR(name, method, chromium, firefox string) *thrown {
	t := &thrown{name, "Failed to execute '" + method + "' on 'XMLHttpRequest': " + chromium, "dom-request"}
	switch m.b.cfg.Profile {
	case Firefox:
		t.text = firefox
	case Safari:
		t.text = chromium
	case Chromium, Standard:
	}
	return t
}

// illegalString is Firefox's text of a SyntaxError without details.
const illegalString = "An invalid or illegal string was specified"

// throwURL returns the exception for a URL that does not parse.
func (m *machine) throwURL(url string) *thrown {
	url = abridge(url)
	switch m.req.dest {
	case DestinationXHR:
		return m.throwXHR(syntaxError, "open", "Invalid URL", "XMLHttpRequest.open: '"+url+"' is not a valid URL.")
	case DestinationWebSocket:
		return &thrown{syntaxError, "Failed to construct 'WebSocket': The URL '" + url + "' is invalid.", "dom-websocket"}
	case DestinationEventSource:
		return &thrown{syntaxError, "Failed to construct 'EventSource': Cannot open an EventSource to '" + url + "'. The URL is invalid.", "dom-eventsource"}
	}
	return m.throw("Failed to parse URL from "+url, url+" is not a valid URL.")
}

// throwMethod returns the exception for a method that is not one, is forbidden,
// or is not allowed in the mode, as what says in Chromium's words.
func (m *machine) throwMethod(name, method, what string) *thrown {
	method = abridge(method)
	if m.req.dest == DestinationXHR {
		firefox := illegalString
		if name == securityError {
			firefox = "The operation is insecure."
		}
		return m.throwXHR(name, "open", "'"+bytestr.Decode(method)+"' "+what, firefox)
	}
	return m.throw("'"+bytestr.Decode(method)+"' "+what, "Invalid request method "+replaced(method)+".")
}

// throwHeader returns the exception for a header whose name or value ("name" or
// "value") cannot be one.
func (m *machine) throwHeader(part, text string) *thrown {
	text = abridge(text)
	if m.req.dest == DestinationXHR {
		return m.throwXHR(syntaxError, "setRequestHeader", "'"+bytestr.Decode(text)+"' is not a valid HTTP header field "+part+".", "Invalid header "+part+".")
	}
	shown, _, _ := strings.Cut(text, "\x00") // Firefox's string ends there
	if part == "name" {
		shown = lower(shown)
	}
	return m.throw("Invalid "+part, replaced(shown)+" is an invalid header "+part+".")
}

// replaced returns bytes as Firefox quotes them: as UTF-8, which they need not
// be.
func replaced(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// abridge bounds what an exception quotes.
func abridge(s string) string {
	if len(s) <= 1024 {
		return s
	}
	return s[:1024] + "…"
}
