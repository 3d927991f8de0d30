package record

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/conformance"
)

// events is what Chromium reported about the requests of a tab, by case.
type events struct {
	mu       sync.Mutex
	requests map[string]*sent    // by request ID
	byCase   map[string][]*sent  // in the order in which they were sent
	console  map[string][]string // console lines by case
	names    ports
	stop     func() // closes the tab
}

// sent is a request that script made.
type sent struct {
	failed, mixed        bool // it failed; because it was mixed content
	cors, parameter, net string
}

var casePath = regexp.MustCompile(`/c/([A-Za-z0-9_.-]+)/[0-9]+`)

// caseOf returns the case that a URL or a console line is about.
func caseOf(text string) string {
	if m := casePath.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

func newEvents(names ports, stop func()) *events {
	return &events{
		requests: map[string]*sent{}, byCase: map[string][]*sent{}, console: map[string][]string{}, names: names, stop: stop,
	}
}

func (e *events) close() { e.stop() }

// listen collects the events of a tab from now on, unparsed.
func (e *events) listen(t *chromedp.Target) {
	for method, take := range map[string]func([]byte){
		"Network.requestWillBeSent": e.requestWillBeSent, "Network.loadingFailed": e.loadingFailed, "Log.entryAdded": e.entryAdded,
	} {
		raw, _ := t.Subscribe(method)
		go func() {
			for params := range raw {
				take(params)
			}
		}()
	}
}

func (e *events) requestWillBeSent(raw []byte) {
	var p struct {
		RequestID string `json:"requestId"`
		Type      string `json:"type"`
		Request   struct {
			URL string `json:"url"`
		} `json:"request"`
		Initiator struct {
			Type string `json:"type"`
		} `json:"initiator"`
	}
	if json.Unmarshal(raw, &p) != nil || p.Type == "Preflight" || p.Initiator.Type == "preflight" {
		return
	}
	id := caseOf(p.Request.URL)
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.request(p.RequestID)
	for _, known := range e.byCase[id] {
		if known == s {
			return // redirected
		}
	}
	if id != "" {
		e.byCase[id] = append(e.byCase[id], s)
	}
}

// request finds a request. Its end may be reported before its beginning.
func (e *events) request(id string) *sent {
	s := e.requests[id]
	if s == nil {
		s = &sent{}
		e.requests[id] = s
	}
	return s
}

func (e *events) loadingFailed(raw []byte) {
	var p struct {
		RequestID string `json:"requestId"`
		ErrorText string `json:"errorText"`
		Blocked   string `json:"blockedReason"`
		Status    *struct {
			Error     string `json:"corsError"`
			Parameter string `json:"failedParameter"`
		} `json:"corsErrorStatus"`
	}
	if json.Unmarshal(raw, &p) != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.request(p.RequestID)
	if p.ErrorText == "" && p.Blocked != "mixed-content" {
		return // only reports that Blink blocked it; the error follows
	}
	s.failed, s.mixed, s.net = true, p.Blocked == "mixed-content", p.ErrorText
	if p.Status != nil {
		s.cors, s.parameter = p.Status.Error, e.names.Fixed(p.Status.Parameter)
	}
}

func (e *events) entryAdded(raw []byte) {
	var p struct {
		Entry struct {
			Level string `json:"level"`
			Text  string `json:"text"`
			URL   string `json:"url"`
		} `json:"entry"`
	}
	if json.Unmarshal(raw, &p) != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if strings.HasPrefix(p.Entry.Text, "Failed to load resource:") {
		return // repeats the network error
	}
	id := caseOf(p.Entry.Text)
	if id == "" {
		id = caseOf(p.Entry.URL)
	}
	e.console[id] = append(e.console[id], p.Entry.Level+": "+e.names.Fixed(p.Entry.Text))
}

// complete assigns errors and console lines in the order of the steps.
func (e *events) complete(c *conformance.Case, steps []conformance.StepOutcome) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	requests, lines := e.byCase[c.ID], slices.Clone(e.console[c.ID])
	next := 0
	for i := range steps {
		s, mixed := &steps[i], false
		s.Console = nil
		if s.Result != "throw" && !silent(s) { // something was sent
			if next >= len(requests) || s.Result == "blocked" && !requests[next].ended(s) {
				return false
			}
			if q := requests[next]; s.Result == "blocked" {
				s.CORSError, s.Parameter, s.NetError, mixed = q.cors, q.parameter, q.net, q.mixed
			}
			next++
		}
		if s.Result != "blocked" {
			continue
		}
		if len(lines) == 0 && (s.CORSError != "" || mixed) { // which always have a line
			return false
		}
		n := min(1, len(lines))
		switch {
		case len(steps) == 1:
			n = len(lines)
		case s.CORSError == "" && strings.HasPrefix(s.NetError, "net::ERR_CONNECTION_"):
			n = 0 // Chromium prints nothing for it; the next line belongs to another step
		}
		s.Console, lines = lines[:n], lines[n:]
	}
	return true
}

// ended reports whether the error of a blocked request is known. That of a
// request that went out follows the report that Blink blocked it.
func (q *sent) ended(s *conformance.StepOutcome) bool {
	return q.failed && (q.net != "" || len(s.Wire) == 0)
}

// silent reports whether a request was blocked before the network stack knew
// about it, as in same-origin mode.
func silent(s *conformance.StepOutcome) bool {
	return s.Result == "blocked" && len(s.Wire) == 0 && s.Request != nil &&
		(s.Request.Mode == "same-origin" || strings.Contains(s.Request.Mode, "no-cors"))
}

func (e *events) describe(id string, steps []conformance.StepOutcome) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var b strings.Builder
	b.WriteString(summary(steps))
	for _, q := range e.byCase[id] {
		fmt.Fprintf(&b, "%+v; ", *q)
	}
	fmt.Fprintf(&b, "console %q", e.console[id])
	return b.String()
}
