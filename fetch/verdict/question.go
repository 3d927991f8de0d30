package verdict

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
	"github.com/corsac-dev/corsac/internal/similar"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// Question is one request of a page's script that a browser is asked about, in
// the form of a JSON object: the members of a verdict's request, and what else
// decides. Members that are left out have the defaults of the browser.
// [ParseQuestion] reads one, [Question.Ask] answers it.
//
// A verdict's request and wire, put into one object, ask for that verdict again.
type Question struct {
	// ID is what the caller identifies its questions by.
	ID json.RawMessage `json:"id,omitempty"`
	// Profile is chrome, firefox, safari, standard, or all of them; empty means
	// chrome.
	Profile string `json:"profile,omitempty"`
	// Request is what script asks for. Its members are members of the question.
	Request
	// Page says more about the document whose script asks; Request.Origin is
	// enough.
	Page Page `json:"page,omitzero"`
	// Body is nil for none.
	Body *Body `json:"body,omitempty"`
	// Cache, ReferrerPolicy, CrossOrigin and UploadListener are those of
	// [fetch.Options].
	Cache          string  `json:"cache,omitempty"`
	ReferrerPolicy string  `json:"referrer_policy,omitempty"`
	CrossOrigin    *string `json:"crossorigin,omitempty"`
	UploadListener bool    `json:"upload_listener,omitempty"`
	// TargetAddressSpace is fetch's option targetAddressSpace: public, local or
	// loopback.
	TargetAddressSpace string `json:"target_address_space,omitempty"`
	// Cookie is the Cookie header for programs that send the request; Ask does
	// not use it.
	Cookie string `json:"cookie,omitempty"`
	// ReadHeaders are the response headers that script wants to read.
	ReadHeaders []string `json:"read_headers,omitempty"`
	// Expect is the verdict that the caller expects, for programs that compare; Ask
	// does not use it.
	Expect string `json:"expect,omitempty"`
	// Explain asks for Verdict.Steps.
	Explain bool `json:"explain,omitempty"`
	// Answers are what servers say, as a verdict's wire has it. Each answers one
	// request, the first that it fits; a Kind, URL or Method that is left out
	// fits all. Status and ResponseHeaders are the answer, and BodyError and
	// BodyStart what came of its body; without a status,
	// Error says why there is none: a net::ERR_ code, words, or the code, a colon
	// and words. The other members are not used.
	Answers []Wire `json:"wire,omitempty"`
}

// Page is the document whose script asks, as [fetch.PageConfig] has it. In JSON
// its URL alone, as a string, is a page too.
type Page struct {
	// URL is the page's address; its origin is the page's unless the question
	// names one.
	URL string `json:"url,omitempty"`
	// ReferrerPolicy is the page's.
	ReferrerPolicy string `json:"referrer_policy,omitempty"`
	// AddressSpace is where the page comes from: public, local or loopback;
	// empty is what its host says.
	AddressSpace string `json:"address_space,omitempty"`
	// EmbedderPolicy is the page's Cross-Origin-Embedder-Policy: unsafe-none, require-corp or
	// credentialless; empty means the first.
	EmbedderPolicy fetch.EmbedderPolicy `json:"embedder_policy,omitempty"`
	// GrantLocal and GrantLoopback are permissions of Local Network Access.
	GrantLocal    bool `json:"grant_local,omitempty"`
	GrantLoopback bool `json:"grant_loopback,omitempty"`
	// BlockThirdPartyCookies keeps cookies off requests to other sites.
	BlockThirdPartyCookies bool `json:"block_third_party_cookies,omitempty"`
}

// Body is a request's body. In JSON a string is a body of that text.
type Body struct {
	// Kind is what script gives: text, urlencoded, formdata, blob, arraybuffer
	// or stream. Type is the type of a blob.
	Kind fetch.BodyKind `json:"kind"`
	Type string         `json:"type,omitempty"`
	// Text is the content, for programs that send the request.
	Text string `json:"text,omitempty"`
}

// QuestionError says what is wrong with a question.
type QuestionError struct {
	// Member is the member that is wrong, such as "mode" or "wire[1].status";
	// empty if it is the question as a whole.
	Member string
	// Err is what is wrong with it.
	Err error
}

// Error returns the member and what is wrong with it.
func (e *QuestionError) Error() string {
	if e.Member == "" {
		return e.Err.Error()
	}
	return e.Member + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *QuestionError) Unwrap() error { return e.Err }

func wrong(member, format string, args ...any) error {
	return &QuestionError{Member: member, Err: fmt.Errorf(format, args...)}
}

// Ask decides what each browser that the question names does, with the answers
// that it has and without a network. The verdict is that of the first browser,
// with those of the others in Profiles. A request that no answer fits fails with
// [fetch.ErrNotRecorded]. The error is a [*QuestionError].
func (q *Question) Ask() (*Verdict, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	if q.URL == "" {
		return nil, wrong("url", "missing")
	}
	page, err := fetch.NewPage(q.PageConfig())
	if err != nil { // everything else has been checked
		return nil, wrong("", "there is neither origin nor page")
	}
	rec := &fetch.Recording{Exchanges: make([]fetch.Recorded, len(q.Answers))}
	for i := range q.Answers {
		rec.Exchanges[i] = q.Answers[i].recorded()
	}
	var verdicts []*Verdict
	for _, p := range q.Profiles() {
		o := fetch.New(fetch.Config{Profile: p, Trace: q.Explain}).Replay(page, q.FetchRequest(), rec)
		verdicts = append(verdicts, Of(o, Facts{ReadHeaders: q.ReadHeaders}))
	}
	return Join(verdicts), nil
}

// Profiles returns the browsers that the question names, at least one.
func (q *Question) Profiles() []fetch.Profile {
	if q.Profile == "all" {
		return []fetch.Profile{fetch.Chromium, fetch.Firefox, fetch.Safari, fetch.Standard}
	}
	p, _ := fetch.ParseProfile(cmp.Or(q.Profile, "chrome"))
	return []fetch.Profile{p}
}

// PageConfig returns the page as package fetch takes it.
func (q *Question) PageConfig() fetch.PageConfig {
	return fetch.PageConfig{
		Origin: q.Origin, URL: q.Page.URL, ReferrerPolicy: q.Page.ReferrerPolicy, AddressSpace: spaceOf(q.Page.AddressSpace),
		EmbedderPolicy: q.Page.EmbedderPolicy,
		GrantLocal:     q.Page.GrantLocal, GrantLoopback: q.Page.GrantLoopback, BlockThirdPartyCookies: q.Page.BlockThirdPartyCookies,
	}
}

// FetchRequest returns the request as package fetch takes it.
func (q *Question) FetchRequest() *fetch.Request {
	r := &fetch.Request{
		URL: q.URL, Method: q.Method, Headers: slices.Clone(q.Headers),
		Options: fetch.Options{
			Mode: q.Mode, Credentials: q.Credentials, Redirect: q.Redirect, Cache: q.Cache, Destination: q.Destination,
			ReferrerPolicy: q.ReferrerPolicy, CrossOrigin: q.CrossOrigin, UploadListener: q.UploadListener,
			TargetAddressSpace: spaceOf(q.TargetAddressSpace),
		},
	}
	if q.Body != nil {
		r.Body = &fetch.Body{Kind: q.Body.Kind, Type: q.Body.Type}
	}
	return r
}

// recorded returns an answer as package fetch takes it.
func (w *Wire) recorded() fetch.Recorded {
	r := fetch.Recorded{
		WireRequest: fetch.WireRequest{Kind: w.Kind, URL: w.URL, Method: w.Method},
		Status:      w.Status, ResponseHeaders: w.ResponseHeaders,
	}
	if w.Status == 0 {
		r.Err = errorOf(w.Error)
		return r
	}
	if w.BodyError != "" || w.BodyStart != "" {
		start, _ := bytestr.Encode(w.BodyStart)
		r.Received = &fetch.Received{Start: []byte(start)}
	}
	if w.BodyError != "" {
		r.Received.Err = errorOf(w.BodyError)
	}
	return r
}

// errorOf returns the error that a text describes: a net::ERR_ code, words, or
// the code, a colon and words.
func errorOf(text string) error {
	code, words, _ := strings.Cut(text, ": ")
	if !strings.HasPrefix(code, "net::ERR_") {
		return errors.New(text)
	}
	named := &fetch.NetError{Code: fetch.Code(code)}
	if words != "" {
		named.Err = errors.New(words)
	}
	return named
}

// The values that members can have besides "". A request with one that browsers
// do not know would throw, which is not what anybody asks about.
var (
	profileNames   = []string{"chrome", "chromium", "firefox", "safari", "webkit", "standard", "all"}
	modes          = []string{string(fetch.ModeCORS), string(fetch.ModeNoCORS), string(fetch.ModeSameOrigin), string(fetch.ModeWebSocket)}
	credentials    = []string{string(fetch.CredentialsOmit), string(fetch.CredentialsSameOrigin), string(fetch.CredentialsInclude)}
	redirects      = []string{"follow", "manual", "error"}
	caches         = []string{"default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"}
	spaces         = []string{"unknown", "public", "local", "loopback"}
	kinds          = []string{string(fetch.KindPreflight), string(fetch.KindActual)}
	bodies         = []string{string(fetch.BodyText), string(fetch.BodyURLEncoded), string(fetch.BodyFormData), string(fetch.BodyBlob), string(fetch.BodyBytes), string(fetch.BodyStream)}
	destinations   = []string{string(fetch.DestinationFetch), string(fetch.DestinationXHR), string(fetch.DestinationImage), string(fetch.DestinationScript), string(fetch.DestinationModule), string(fetch.DestinationStyle), string(fetch.DestinationFont), string(fetch.DestinationEventSource), string(fetch.DestinationWebSocket), string(fetch.DestinationJSON), string(fetch.DestinationCSSModule), string(fetch.DestinationWorker), string(fetch.DestinationSharedWorker), string(fetch.DestinationServiceWorker), string(fetch.DestinationTrack), string(fetch.DestinationAudio), string(fetch.DestinationVideo), string(fetch.DestinationManifest)}
	embedders      = []string{string(fetch.EmbedderUnsafeNone), string(fetch.EmbedderRequireCORP), string(fetch.EmbedderCredentialless)}
	referrerValues = []string{"no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url"}
)

// maxHeaders bounds the headers of a request, each of which is compared with the
// others. Servers accept far fewer.
const maxHeaders = 4096

// check reports the first member with a value that it cannot have. What is left
// out is not wrong.
func (q *Question) check() error {
	if len(q.Headers) > maxHeaders {
		return wrong("headers", "there are more than %d", maxHeaders)
	}
	for _, m := range []struct {
		name, value string
		choices     []string
	}{
		{"profile", q.Profile, profileNames},
		{"mode", string(q.Mode), modes},
		{"credentials", string(q.Credentials), credentials},
		{"redirect", q.Redirect, redirects},
		{"destination", string(q.Destination), destinations},
		{"cache", q.Cache, caches},
		{"referrer_policy", q.ReferrerPolicy, referrerValues},
		{"target_address_space", q.TargetAddressSpace, spaces},
		{"page.referrer_policy", q.Page.ReferrerPolicy, referrerValues},
		{"page.address_space", q.Page.AddressSpace, spaces},
		{"page.embedder_policy", string(q.Page.EmbedderPolicy), embedders},
	} {
		if err := oneOf(m.name, m.value, m.choices); err != nil {
			return err
		}
	}
	if q.Body != nil {
		if q.Body.Kind == "" {
			return wrong("body.kind", "missing; use one of %s", strings.Join(bodies, ", "))
		}
		if err := oneOf("body.kind", string(q.Body.Kind), bodies); err != nil {
			return err
		}
	}
	if err := q.checkPage(); err != nil {
		return err
	}
	for i := range q.Answers {
		if err := q.Answers[i].check(fmt.Sprintf("wire[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}

func (q *Question) checkPage() error {
	if q.Origin == "" && q.Page.URL == "" {
		return nil
	}
	_, err := fetch.NewPage(q.PageConfig())
	if err == nil {
		return nil
	}
	if q.Origin != "" {
		if _, err := origin.Parse(q.Origin); err != nil {
			return &QuestionError{"origin", err}
		}
	}
	return &QuestionError{"page", err}
}

// check reports what is wrong with an answer, which is the member of that name.
func (w *Wire) check(name string) error {
	switch {
	case w.Status == 0 && w.Error == "":
		return wrong(name, "neither status nor error")
	case w.Status != 0 && w.Status != 101 && (w.Status < 200 || w.Status > 999):
		return wrong(name+".status", "%d; a final response has 101, or 200 to 999", w.Status)
	}
	if w.URL != "" {
		if _, err := weburl.Parse(w.URL, nil); err != nil {
			return &QuestionError{name + ".url", err}
		}
	}
	return oneOf(name+".kind", string(w.Kind), kinds)
}

// oneOf reports a value that is neither empty nor one of the choices.
func oneOf(member, value string, choices []string) error {
	if value == "" || slices.Contains(choices, value) {
		return nil
	}
	return wrong(member, "unknown value %q; %suse one of %s", abridge(value), meant(value, choices), strings.Join(choices, ", "))
}

// meant returns "did you mean …? ", or "" if nothing is near.
func meant(value string, choices []string) string {
	if near := similar.Nearest(value, choices, strings.ToLower); near != "" {
		return fmt.Sprintf("did you mean %q? ", near)
	}
	return ""
}

// abridge cuts what is shown of a value.
func abridge(s string) string {
	if len(s) <= 64 {
		return s
	}
	return strings.ToValidUTF8(s[:64], "") + "…"
}

func spaceOf(name string) origin.AddressSpace {
	for s := origin.SpacePublic; s <= origin.SpaceLoopback; s++ {
		if name == s.String() {
			return s
		}
	}
	return origin.SpaceUnknown
}
