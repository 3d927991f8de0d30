package fetch

import (
	"fmt"
	"strings"
)

// Profile names the browser whose decisions are made. The zero value is
// Chromium.
type Profile uint8

// The profiles. Chromium and Firefox are tested against recordings of Chromium
// 156 and Firefox ESR 153. Safari follows WebKit's source and is not tested
// against a Safari. Standard is the Fetch standard alone, with Chromium's error
// names.
const (
	Chromium Profile = iota
	Firefox
	Safari
	Standard
)

var profileNames = [...]string{Chromium: "chrome", Firefox: "firefox", Safari: "safari", Standard: "standard"}

// String returns the name of p in JSON and on command lines: chrome, firefox,
// safari or standard.
func (p Profile) String() string {
	if int(p) < len(profileNames) {
		return profileNames[p]
	}
	return fmt.Sprintf("Profile(%d)", uint8(p))
}

// ParseProfile returns the profile of that name, ignoring case. It is the
// inverse of [Profile.String], and accepts "chromium" and "webkit" too.
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
	return 0, fmt.Errorf("unknown profile %q; use chrome, firefox, safari or standard", s)
}

// Mode is a request's mode
// (https://fetch.spec.whatwg.org/#concept-request-mode). Empty means the
// default of the destination: "cors" for fetch and XMLHttpRequest.
type Mode string

// The modes.
const (
	ModeCORS       Mode = "cors"
	ModeNoCORS     Mode = "no-cors"
	ModeSameOrigin Mode = "same-origin"
	ModeWebSocket  Mode = "websocket"
)

// Credentials is a request's credentials mode
// (https://fetch.spec.whatwg.org/#concept-request-credentials-mode). Empty
// means the default of the destination: "same-origin" for fetch and
// XMLHttpRequest.
type Credentials string

// The credentials modes.
const (
	CredentialsOmit       Credentials = "omit"
	CredentialsSameOrigin Credentials = "same-origin"
	CredentialsInclude    Credentials = "include"
)

// Destination says what makes the request. It decides the default modes and the
// noun in console messages. Empty means "fetch".
type Destination string

// The destinations. All but fetch, xhr, eventsource, websocket and workers are
// elements or style rules, whose mode depends on the crossorigin attribute (see
// [Options].CrossOrigin). Json and css-module are modules that script imports
// with that type. The scripts of workers come from the page's origin only.
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

	DestinationJSON          Destination = "json"
	DestinationCSSModule     Destination = "css-module"
	DestinationWorker        Destination = "worker"
	DestinationSharedWorker  Destination = "sharedworker"
	DestinationServiceWorker Destination = "serviceworker"
	DestinationTrack         Destination = "track"
	DestinationAudio         Destination = "audio"
	DestinationVideo         Destination = "video"
	DestinationManifest      Destination = "manifest"
)

// Result is how a request ended.
type Result string

// The results. Allowed: script may read the response. Opaque: script gets a
// response that it cannot read, of a no-cors request or of a redirect in manual
// mode. Blocked: the browser refused the request or its response. Failed
// ("error" in JSON): the network failed.
const (
	Allowed Result = "allowed"
	Opaque  Result = "opaque"
	Blocked Result = "blocked"
	Failed  Result = "error"
)

// ResponseType is the type of a response
// (https://fetch.spec.whatwg.org/#concept-response-type).
type ResponseType string

// The response types.
const (
	TypeBasic          ResponseType = "basic"
	TypeCORS           ResponseType = "cors"
	TypeOpaque         ResponseType = "opaque"
	TypeOpaqueRedirect ResponseType = "opaqueredirect"
)

// Kind distinguishes preflights from the requests that script asked for.
type Kind string

// The kinds.
const (
	KindPreflight Kind = "preflight"
	KindActual    Kind = "actual"
)
