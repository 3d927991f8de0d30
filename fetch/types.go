package fetch

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Header is one header line. Name and Value hold the bytes as sent, without the white space around
// the value; in JSON it is the pair [name, value].
type Header struct {
	// Name is a token in any case; Value may hold any bytes but NUL, CR and LF in requests.
	Name, Value string
}

// MarshalJSON writes h as [name, value], in which each byte is the code point of its number.
func (h Header) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]string{IsomorphicDecode(h.Name), IsomorphicDecode(h.Value)})
}

// UnmarshalJSON reads [name, value]. Code points above U+00FF are an error: they stand for no byte.
func (h *Header) UnmarshalJSON(b []byte) error {
	var pair []string
	if err := json.Unmarshal(b, &pair); err != nil {
		return fmt.Errorf("header is not [name, value]: %w", err)
	}
	if len(pair) != 2 {
		return fmt.Errorf("header %q is not [name, value]", pair)
	}
	var ok [2]bool
	h.Name, ok[0] = IsomorphicEncode(pair[0])
	h.Value, ok[1] = IsomorphicEncode(pair[1])
	if !ok[0] || !ok[1] {
		return fmt.Errorf("header %q is not a byte string", pair)
	}
	return nil
}

// IsomorphicDecode is text in which each code point is a byte of s
// (https://infra.spec.whatwg.org/#isomorphic-decode).
func IsomorphicDecode(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			runes := make([]rune, len(s))
			for j := range len(s) {
				runes[j] = rune(s[j])
			}
			return string(runes)
		}
	}
	return s
}

// IsomorphicEncode is the bytes whose numbers are the code points of s
// (https://infra.spec.whatwg.org/#isomorphic-encode). ok is false if one is above U+00FF.
func IsomorphicEncode(s string) (bytes string, ok bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return "", false
		}
		b = append(b, byte(r))
	}
	return string(b), true
}

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

// MarshalText is String.
func (p Profile) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

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
	ModeNavigate   Mode = "navigate"
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

// Redirect is a request's redirect mode
// (https://fetch.spec.whatwg.org/#concept-request-redirect-mode). Empty means "follow".
type Redirect string

// The redirect modes.
const (
	RedirectFollow Redirect = "follow"
	RedirectManual Redirect = "manual"
	RedirectError  Redirect = "error"
)

// Cache is a request's cache mode (https://fetch.spec.whatwg.org/#concept-request-cache-mode). No
// HTTP cache is modelled: the mode decides headers and the use of the preflight cache. Empty means
// "default".
type Cache string

// The cache modes.
const (
	CacheDefault      Cache = "default"
	CacheNoStore      Cache = "no-store"
	CacheReload       Cache = "reload"
	CacheNoCache      Cache = "no-cache"
	CacheForceCache   Cache = "force-cache"
	CacheOnlyIfCached Cache = "only-if-cached"
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
