package fetch

import (
	"fmt"
	"strings"
)

// Profile names the browser whose decisions are computed. The zero value is Chromium.
type Profile uint8

// The profiles. Chromium and Firefox are proved against recordings of Chromium 156 and Firefox ESR
// 153; Safari follows WebKit's source and is not verified against a Safari; Standard is the Fetch
// standard alone, with Chromium's names for errors.
const (
	Chromium Profile = iota
	Firefox
	Safari
	Standard
)

var profileNames = [...]string{Chromium: "chrome", Firefox: "firefox", Safari: "safari", Standard: "standard"}

// String is the name of p in JSON and on command lines: chrome, firefox, safari or standard.
func (p Profile) String() string {
	if int(p) < len(profileNames) {
		return profileNames[p]
	}
	return fmt.Sprintf("Profile(%d)", uint8(p))
}

// ParseProfile is the inverse of [Profile.String]; "chromium" and "webkit" are accepted too.
func ParseProfile(s string) (Profile, error) {
	switch strings.ToLower(s) {
	case "chrome", "chromium":
		return Chromium, nil
	case "firefox":
		return Firefox, nil
	case "safari", "webkit":
		return Safari, nil
	case "standard":
		return Standard, nil
	}
	return 0, fmt.Errorf("unknown profile %q: want chrome, firefox, safari or standard", s)
}

// Mode is a request's mode (https://fetch.spec.whatwg.org/#concept-request-mode). Empty means the
// default of the destination, "cors" for fetch and XMLHttpRequest.
type Mode string

// The modes.
const (
	ModeCORS       Mode = "cors"
	ModeNoCORS     Mode = "no-cors"
	ModeSameOrigin Mode = "same-origin"
	ModeWebSocket  Mode = "websocket"
)

// Credentials is a request's credentials mode
// (https://fetch.spec.whatwg.org/#concept-request-credentials-mode). Empty means the default of the
// destination, "same-origin" for fetch and XMLHttpRequest.
type Credentials string

// The credentials modes.
const (
	CredentialsOmit       Credentials = "omit"
	CredentialsSameOrigin Credentials = "same-origin"
	CredentialsInclude    Credentials = "include"
)

// Destination says what asks for the resource; it decides default modes and the noun in console
// messages. Empty means "fetch".
type Destination string

// The destinations. Every one but fetch, xhr, eventsource and websocket is an element or a style
// rule whose mode follows its crossorigin attribute (see [Request.CrossOrigin]).
const (
	DestinationFetch       Destination = "fetch"
	DestinationXHR         Destination = "xhr"
	DestinationImage       Destination = "image"
	DestinationScript      Destination = "script"
	DestinationModule      Destination = "module"
	DestinationStyle       Destination = "style"
	DestinationFont        Destination = "font"
	DestinationEventSource Destination = "eventsource"
	DestinationWebSocket   Destination = "websocket"
)

// Result is what became of a request.
type Result string

// The results. Allowed: script may read the response. Opaque: the response of a no-cors request or
// of a redirect in manual mode, which script gets but cannot read. Blocked: the browser refuses the
// request or its response. Failed ("error" in JSON): the network failed.
const (
	Allowed Result = "allowed"
	Opaque  Result = "opaque"
	Blocked Result = "blocked"
	Failed  Result = "error"
)

// ResponseType is https://fetch.spec.whatwg.org/#concept-response-type.
type ResponseType string

// The response types.
const (
	TypeBasic          ResponseType = "basic"
	TypeCORS           ResponseType = "cors"
	TypeOpaque         ResponseType = "opaque"
	TypeOpaqueRedirect ResponseType = "opaqueredirect"
)

// Kind tells preflights from the requests that script asked for.
type Kind string

// The kinds.
const (
	KindPreflight Kind = "preflight"
	KindActual    Kind = "actual"
)
