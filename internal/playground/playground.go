// Package playground is the engine for callers that speak JSON: a question with the server's answers
// in it goes in, a verdict comes out. Its wasm build (folder wasm) is the same for JavaScript.
package playground

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// MaxInput is how long a question may be, in bytes.
const MaxInput = 1 << 20

// question is what Decide reads. Request and Wire have the members of a verdict, so that those of a
// verdict can be asked about again.
type question struct {
	// Profile is chrome unless it says another browser, or all.
	Profile string `json:"profile"`
	// Page is where script runs; request.origin is enough.
	Page    pageOf    `json:"page"`
	Request requestOf `json:"request"`
	// Wire are the answers to what the browser sends. Each serves one request, the first that fits.
	Wire []answer `json:"wire"`
	// ReadHeaders are response headers to look at, Explain adds the steps.
	ReadHeaders []string `json:"read_headers"`
	Explain     bool     `json:"explain"`
}

// pageOf is a fetch.PageConfig.
type pageOf struct {
	Origin         string `json:"origin"`
	URL            string `json:"url"`
	ReferrerPolicy string `json:"referrer_policy"`
	AddressSpace   space  `json:"address_space"`
	GrantLocal     bool   `json:"grant_local"`
	GrantLoopback  bool   `json:"grant_loopback"`
}

// requestOf is the request of a verdict, and what else a fetch.Request has.
type requestOf struct {
	verdict.Request
	Cache              string  `json:"cache"`
	ReferrerPolicy     string  `json:"referrer_policy"`
	CrossOrigin        *string `json:"crossorigin"`
	UploadListener     bool    `json:"upload_listener"`
	TargetAddressSpace space   `json:"target_address_space"`
	Body               *bodyOf `json:"body"`
}

// space is an origin.AddressSpace by its name; empty is unknown.
type space origin.AddressSpace

// UnmarshalText reads unknown, public, local or loopback.
func (s *space) UnmarshalText(text []byte) error {
	for a := origin.SpaceUnknown; a <= origin.SpaceLoopback; a++ {
		if string(text) == a.String() || len(text) == 0 {
			*s = space(a)
			return nil
		}
	}
	return fmt.Errorf("unknown address space %q; write public, local or loopback", text)
}

// bodyOf is a fetch.Body.
type bodyOf struct {
	Kind fetch.BodyKind `json:"kind"`
	Type string         `json:"type"`
}

// answer is what a server says. Kind, URL and Method say to which request; those that are left out
// fit all.
type answer struct {
	Kind            fetch.Kind    `json:"kind"`
	URL             string        `json:"url"`
	Method          string        `json:"method"`
	Headers         fetch.Headers `json:"headers"` // of the request; they say nothing here
	Status          int           `json:"status"`
	ResponseHeaders fetch.Headers `json:"response_headers"`
	// Error is why there is no answer: a net::ERR_ code, or words.
	Error string `json:"error"`
}

// Decide answers a question in JSON, such as
//
//	{
//	  "profile": "chrome",
//	  "request": {"origin": "https://app.example.com", "url": "https://api.example.com/items", "method": "PUT"},
//	  "wire": [
//	    {"kind": "preflight", "status": 204, "response_headers": [["Access-Control-Allow-Origin", "*"]]},
//	    {"kind": "actual", "status": 200, "response_headers": [["Access-Control-Allow-Origin", "*"]]}
//	  ]
//	}
//
// with a verdict in JSON, or with {"error": "…"} if it cannot be
// asked. It never panics and does not keep the input.
func Decide(input []byte) []byte {
	v, err := decide(input)
	var out any = v
	if err != nil {
		out = map[string]string{"error": err.Error()}
	}
	b, err := json.Marshal(out)
	if err != nil { // nothing in a verdict can do this
		return []byte(`{"error":"the verdict cannot be written"}`)
	}
	return b
}

func decide(input []byte) (*verdict.Verdict, error) {
	if len(input) > MaxInput {
		return nil, fmt.Errorf("the question has %d bytes; at most %d", len(input), MaxInput)
	}
	var q question
	d := json.NewDecoder(bytes.NewReader(input))
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil {
		return nil, fmt.Errorf("the question is not the JSON it should be: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the question is followed by something else")
	}
	profiles, err := q.profiles()
	if err != nil {
		return nil, err
	}
	page, err := q.page()
	if err != nil {
		return nil, err
	}
	for i := range q.Wire {
		if err := q.Wire[i].check(); err != nil {
			return nil, fmt.Errorf("wire[%d]: %w", i, err)
		}
	}
	first := q.ask(page, profiles[0])
	for _, p := range profiles[1:] {
		if first.Profiles == nil {
			first.Profiles = map[string]*verdict.Verdict{}
		}
		first.Profiles[p.String()] = q.ask(page, p)
	}
	return first, nil
}

func (q *question) profiles() ([]fetch.Profile, error) {
	switch q.Profile {
	case "":
		return []fetch.Profile{fetch.Chromium}, nil
	case "all":
		return []fetch.Profile{fetch.Chromium, fetch.Firefox, fetch.Safari, fetch.Standard}, nil
	}
	p, err := fetch.ParseProfile(q.Profile)
	return []fetch.Profile{p}, err
}

func (q *question) page() (*fetch.Page, error) {
	p := &q.Page
	switch {
	case p.Origin == "":
		p.Origin = q.Request.Origin
	case q.Request.Origin != "" && q.Request.Origin != p.Origin:
		return nil, fmt.Errorf("page.origin is %q and request.origin %q; drop one", p.Origin, q.Request.Origin)
	}
	return fetch.NewPage(fetch.PageConfig{
		Origin: p.Origin, URL: p.URL, ReferrerPolicy: p.ReferrerPolicy, AddressSpace: origin.AddressSpace(p.AddressSpace),
		GrantLocal: p.GrantLocal, GrantLoopback: p.GrantLoopback,
	})
}

func (a *answer) check() error {
	switch {
	case a.Kind != "" && a.Kind != fetch.KindPreflight && a.Kind != fetch.KindActual:
		return fmt.Errorf("unknown kind %q; write preflight or actual", a.Kind)
	case a.Status == 0 && a.Error == "":
		return errors.New("neither status nor error")
	case a.Status != 0 && a.Status != 101 && (a.Status < 200 || a.Status > 999):
		return fmt.Errorf("status %d; a final answer has 101, or 200 to 999", a.Status)
	}
	if a.URL != "" {
		u, err := weburl.Parse(a.URL, nil)
		if err != nil {
			return fmt.Errorf("url: %w", err)
		}
		a.URL = u.StringNoFragment()
	}
	return nil
}

// ask makes the request in one browser.
func (q *question) ask(page *fetch.Page, p fetch.Profile) *verdict.Verdict {
	r := &q.Request
	req := &fetch.Request{
		URL:     r.URL,
		Method:  r.Method,
		Headers: r.Headers,
		Options: fetch.Options{Mode: r.Mode, Credentials: r.Credentials, Redirect: r.Redirect, Cache: r.Cache, Destination: r.Destination, ReferrerPolicy: r.ReferrerPolicy, CrossOrigin: r.CrossOrigin, UploadListener: r.UploadListener, TargetAddressSpace: origin.AddressSpace(r.TargetAddressSpace)},
	}
	if r.Body != nil {
		req.Body = &fetch.Body{Kind: r.Body.Kind, Type: r.Body.Type}
	}
	net := &answers{list: q.Wire, used: make([]bool, len(q.Wire))}
	out := fetch.New(fetch.Config{Profile: p, Trace: q.Explain}).Fetch(context.Background(), page, req, net.exchange)
	return verdict.Of(out, verdict.Facts{ReadHeaders: q.ReadHeaders})
}

// answers is a network that knows what it will say.
type answers struct {
	list []answer
	used []bool
}

func (n *answers) exchange(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	for i := range n.list {
		a := &n.list[i]
		if n.used[i] || a.Kind != "" && a.Kind != w.Kind || a.URL != "" && a.URL != w.URL || a.Method != "" && a.Method != w.Method {
			continue
		}
		n.used[i] = true
		switch code, words, _ := strings.Cut(a.Error, ": "); {
		case a.Error == "":
			return &fetch.WireResponse{Status: a.Status, Headers: a.ResponseHeaders}, nil
		case strings.HasPrefix(code, "net::ERR_"):
			return nil, &fetch.NetError{Code: fetch.Code(code), Err: errorOf(words)}
		default:
			return nil, errors.New(a.Error)
		}
	}
	return nil, fmt.Errorf("%s %s: %w", w.Kind, w.Method+" "+w.URL, fetch.ErrNotRecorded)
}

// errorOf is nil if there is nothing to say.
func errorOf(words string) error {
	if words == "" {
		return nil
	}
	return errors.New(words)
}
