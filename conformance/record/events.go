package record

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
)

// events is what Chromium reported about the requests of a tab, by case.
type events struct {
	mu       sync.Mutex
	requests map[string]*sent    // by request ID
	byCase   map[string][]*sent  // in the order in which they were sent
	console  map[string][]string // console lines by case
	count    int                 // of all events
	names    ports
}

// sent is a request that script made.
type sent struct {
	failed               bool
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

// listen collects the events of a tab from now on, unparsed.
func listen(t *chromedp.Target, names ports) *events {
	e := &events{requests: map[string]*sent{}, byCase: map[string][]*sent{}, console: map[string][]string{}, names: names}
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
	return e
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
	e.count++
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
	e.count++
	s := e.request(p.RequestID)
	if p.ErrorText == "" {
		return // only reports that Blink blocked it; the error follows
	}
	s.failed, s.net = true, p.ErrorText
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
	e.count++
	if strings.HasPrefix(p.Entry.Text, "Failed to load resource:") {
		return // repeats the network error
	}
	id := caseOf(p.Entry.Text)
	if id == "" {
		id = caseOf(p.Entry.URL)
	}
	e.console[id] = append(e.console[id], p.Entry.Level+": "+e.names.Fixed(p.Entry.Text))
}
