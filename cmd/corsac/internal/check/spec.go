package check

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
)

// Spec is a request in the form of command-line options, which behave like
// curl's. Its errors name the options.
type Spec struct {
	// Method may be empty. It then means GET, or POST with a body, unless
	// MethodGiven.
	Method      string
	MethodGiven bool
	// Headers are "Name: value", or "Name;" for an empty value.
	Headers []string
	// Body is the body, of one kind.
	Body BodySpec
	// Credentials, Mode, Redirect and Destination are empty for the defaults of
	// fetch(). Destination may also be img.
	Credentials, Mode, Redirect, Destination string
	// ReferrerPolicy overrides that of the page; "" keeps it.
	ReferrerPolicy string
	// Upload forces a preflight.
	Upload bool
}

// The values that options can have.
var (
	CredentialsModes = []string{"omit", "same-origin", "include"}
	Modes            = []string{"cors", "no-cors", "same-origin"}
	RedirectModes    = []string{"follow", "error", "manual"}
	ReferrerPolicies = []string{
		"no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
		"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url",
	}
)

var destinations = map[string]fetch.Destination{
	"fetch": fetch.DestinationFetch, "xhr": fetch.DestinationXHR, "img": fetch.DestinationImage, "image": fetch.DestinationImage,
	"script": fetch.DestinationScript, "module": fetch.DestinationModule, "style": fetch.DestinationStyle,
	"json": fetch.DestinationJSON, "css-module": fetch.DestinationCSSModule, "worker": fetch.DestinationWorker,
	"sharedworker": fetch.DestinationSharedWorker, "serviceworker": fetch.DestinationServiceWorker, "track": fetch.DestinationTrack,
	"audio": fetch.DestinationAudio, "video": fetch.DestinationVideo, "manifest": fetch.DestinationManifest,
	"font": fetch.DestinationFont, "eventsource": fetch.DestinationEventSource, "websocket": fetch.DestinationWebSocket,
}

// Destinations returns the values of Destination.
func Destinations() []string {
	names := make([]string, 0, len(destinations))
	for name := range destinations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Check reports all mistakes except those in the body.
func (s *Spec) Check() error {
	var errs []error
	for _, h := range s.Headers {
		_, err := parseHeader(h)
		errs = append(errs, err)
	}
	return errors.Join(append(errs, s.Body.check())...)
}

// parseHeader reads a header as curl does. The code points of the value are
// bytes, as in script.
func parseHeader(s string) (fetch.Header, error) {
	name, value, ok := strings.Cut(s, ":")
	if !ok {
		if name, ok = strings.CutSuffix(s, ";"); !ok {
			return fetch.Header{}, fmt.Errorf("--header %q has no colon; write 'Name: value', or 'Name;' for an empty value", s)
		}
	}
	h := fetch.Header{Name: name, Value: strings.Trim(value, " \t\r\n")}
	if !utf8.ValidString(s) {
		return h, nil // already bytes
	}
	var okName, okValue bool
	h.Name, okName = bytestr.Encode(h.Name)
	h.Value, okValue = bytestr.Encode(h.Value)
	if !okName || !okValue {
		return h, fmt.Errorf("--header %q has a character above U+00FF, for which script gets a TypeError", s)
	}
	return h, nil
}

// Request returns what script asks for at a URL, and its body in bytes. A body
// of @- is read from stdin.
func (s *Spec) Request(rawURL string, stdin io.Reader) (*fetch.Request, []byte, error) {
	r := &fetch.Request{
		URL: rawURL, Method: s.method(), Options: fetch.Options{
			Credentials: fetch.Credentials(s.Credentials), Mode: fetch.Mode(s.Mode), Redirect: s.Redirect,
			Destination: destinations[cmp.Or(s.Destination, "fetch")], UploadListener: s.Upload, ReferrerPolicy: s.ReferrerPolicy,
		},
	}
	for _, text := range s.Headers {
		h, err := parseHeader(text)
		if err != nil {
			return nil, nil, err
		}
		r.Headers = append(r.Headers, h)
	}
	crossOrigin(r)
	body, err := s.Body.read(r, stdin)
	if err != nil {
		return nil, nil, err
	}
	if s.Upload && r.Destination == fetch.DestinationFetch {
		if r.Body == nil {
			return nil, nil, errors.New("--upload needs a body: add one with --data, or use --destination xhr")
		}
		r.Body.Kind = fetch.BodyStream // the only body of fetch() that sets the flag
	}
	if r.Body != nil && !s.MethodGiven {
		r.Method = "POST"
	}
	return r, body, nil
}

// method returns the method, which may be given as "".
func (s *Spec) method() string {
	if s.MethodGiven && s.Method == "" {
		return fetch.EmptyMethod
	}
	return s.Method
}

// crossOrigin sets the crossorigin attribute of an element whose request uses
// CORS. The attribute decides mode and credentials.
func crossOrigin(r *fetch.Request) {
	switch r.Destination {
	case fetch.DestinationImage, fetch.DestinationScript, fetch.DestinationModule, fetch.DestinationStyle, fetch.DestinationFont,
		fetch.DestinationTrack, fetch.DestinationAudio, fetch.DestinationVideo, fetch.DestinationManifest:
	default:
		return
	}
	if r.CrossOrigin != nil || r.Mode != fetch.ModeCORS && r.Credentials == "" {
		return
	}
	attribute := "anonymous"
	if r.Credentials == fetch.CredentialsInclude {
		attribute = "use-credentials"
	}
	r.CrossOrigin, r.Mode, r.Credentials = &attribute, "", ""
}

// override replaces what the request says with what s says, except for the
// body.
func (s *Spec) override(r *fetch.Request) error {
	if s.MethodGiven {
		r.Method = s.method()
	}
	r.Credentials = fetch.Credentials(cmp.Or(s.Credentials, string(r.Credentials)))
	r.Mode = fetch.Mode(cmp.Or(s.Mode, string(r.Mode)))
	r.Redirect = cmp.Or(s.Redirect, r.Redirect)
	r.ReferrerPolicy = cmp.Or(s.ReferrerPolicy, r.ReferrerPolicy)
	if s.Destination != "" {
		r.Destination = destinations[s.Destination]
	}
	var given []fetch.Header
	for _, text := range s.Headers {
		h, err := parseHeader(text)
		if err != nil {
			return err
		}
		r.Headers.Del(h.Name)
		given = append(given, h)
	}
	r.Headers = append(r.Headers, given...)
	return nil
}
