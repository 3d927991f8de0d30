package after

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
)

// The origins of cases. They are only names: each run has other ports.
const (
	pageOrigin = "http://localhost:4100"
	apiOrigin  = "http://127.0.0.1:4102"
)

// Case is a page that loads something. Each code point of a string is one byte.
type Case struct {
	ID     string `json:"id"`
	Family string `json:"family"`
	// Page is the value of the page's Cross-Origin-Embedder-Policy; a leading
	// "?" stands for the header that only reports.
	Page string `json:"page,omitempty"`
	// Destination is what loads, and Mode is cors, no-cors or same-origin.
	Destination fetch.Destination `json:"destination"`
	Mode        fetch.Mode        `json:"mode"`
	// Headers and Body are the response; the connection is closed after it, with
	// a reset if Reset is set.
	Headers [][2]string `json:"headers"`
	Body    string      `json:"body"`
	Reset   bool        `json:"reset,omitempty"`
	// BodyError is why the body is not whole, as whoever made the case knows.
	BodyError fetch.Code `json:"body_error,omitempty"`
}

// Outcome is what a browser did.
type Outcome struct {
	// Result is "ok", "blocked" or, if fetch() resolved and reading the body
	// rejected, "broken".
	Result string `json:"result"`
	// Exception is that of fetch() or of reading the body.
	Exception string `json:"exception,omitempty"`
	// NetError is Chromium's network error, Console what the console showed.
	NetError string   `json:"net_error,omitempty"`
	Console  []string `json:"console,omitempty"`
}

// Recorded is a case and what one browser did with it.
type Recorded struct {
	Case    *Case   `json:"case"`
	Outcome Outcome `json:"outcome"`
}

// Load reads a recording.
func Load(path string) (list []Recorded, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return list, json.NewDecoder(z).Decode(&list)
}

// Save writes a recording.
func Save(path string, list []Recorded) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	z := gzip.NewWriter(f)
	if err := json.NewEncoder(z).Encode(list); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}

func (c *Case) url() string {
	if c.Mode == fetch.ModeSameOrigin {
		return pageOrigin + "/r/" + c.ID
	}
	return apiOrigin + "/r/" + c.ID
}

// replay returns what the engine decides.
func (c *Case) replay(p fetch.Profile) (*fetch.Outcome, error) {
	name, value := "Cross-Origin-Embedder-Policy", c.Page
	if reported, ok := strings.CutPrefix(value, "?"); ok {
		name, value = name+"-Report-Only", reported
	}
	embedder, _ := fetch.ParseEmbedderPolicy(fetch.Headers{{Name: name, Value: value}})
	page, err := fetch.NewPage(fetch.PageConfig{Origin: pageOrigin, URL: pageOrigin + "/", EmbedderPolicy: embedder})
	if err != nil {
		return nil, err
	}
	response := &fetch.WireResponse{Status: 200, Body: &fetch.Received{Empty: c.Body == "", Start: []byte(latin1(c.Body))}}
	for _, h := range c.Headers {
		response.Headers = append(response.Headers, fetch.Header{Name: h[0], Value: latin1(h[1])})
	}
	if c.BodyError != "" {
		response.Body.Err = &fetch.NetError{Code: c.BodyError}
	}
	request := &fetch.Request{URL: c.url(), Options: fetch.Options{Destination: c.Destination}}
	switch {
	case c.Destination == fetch.DestinationFetch:
		request.Mode = c.Mode
	case c.Mode == fetch.ModeCORS:
		request.CrossOrigin = new("anonymous")
	}
	if c.Mode == fetch.ModeSameOrigin && c.Destination == fetch.DestinationFetch {
		request.Mode = fetch.ModeCORS
	}
	b := fetch.New(fetch.Config{Profile: p})
	return b.Fetch(context.Background(), page, request, func(context.Context, *fetch.WireRequest) (*fetch.WireResponse, error) {
		return response, nil
	}), nil
}

// isFirm reports whether a browser does the same with a case every time. Firefox
// shows what it can decode of an image that breaks off.
func (c *Case) isFirm(p fetch.Profile) bool {
	return p != fetch.Firefox || c.Destination != fetch.DestinationImage || c.BodyError == ""
}

// Judge returns how the engine differs from a recording, in words.
func Judge(r *Recorded, p fetch.Profile) (differences []string, err error) {
	o, err := r.Case.replay(p)
	if err != nil {
		return nil, err
	}
	compare := func(what, want, got string) {
		if want != got {
			differences = append(differences, what+": browser "+want+", engine "+got)
		}
	}
	compare("result", r.Outcome.Result, resultOf(o))
	if o.Error == nil || resultOf(o) != r.Outcome.Result {
		return differences, nil
	}
	if r.Outcome.Result == "broken" {
		_, text, _ := strings.Cut(r.Outcome.Exception, ": ")
		compare("exception", text, o.Error.Exception())
	}
	if p == fetch.Chromium && !isWorker(r.Case.Destination) && !isLate(r.Case.Destination) {
		compare("network error", r.Outcome.NetError, string(o.Error.Code))
	}
	if line := o.Error.Console(p); line != "" && r.Case.hasLine(p) && !slices.Contains(r.Outcome.Console, line) {
		compare("console", strings.Join(r.Outcome.Console, " | "), line)
	}
	return differences, nil
}

// hasLine reports whether the console line of a case is always the same, and
// says which case it is about.
func (c *Case) hasLine(p fetch.Profile) bool {
	switch {
	case c.Destination == fetch.DestinationEventSource, c.Destination == fetch.DestinationSharedWorker:
		return false // it does not say which
	case p != fetch.Firefox:
		return true
	case c.Destination == fetch.DestinationStyle && c.Mode == fetch.ModeNoCORS:
		return false // it depends on whether the stylesheet could be a script
	}
	return c.BodyError != fetch.CodeChunksInvalid // it depends on how much comes at once
}

func resultOf(o *fetch.Outcome) string {
	switch {
	case o.Error == nil:
		return "ok"
	case o.Error.Body && o.Response != nil:
		return "broken"
	}
	return "blocked"
}

// isLate reports whether Chromium may cancel the request before its error is
// known.
func isLate(d fetch.Destination) bool {
	return d == fetch.DestinationEventSource || d == fetch.DestinationAudio
}

func isWorker(d fetch.Destination) bool {
	return d == fetch.DestinationWorker || d == fetch.DestinationSharedWorker || d == fetch.DestinationServiceWorker
}

func latin1(s string) string {
	b, _ := bytestr.Encode(s)
	return b
}
